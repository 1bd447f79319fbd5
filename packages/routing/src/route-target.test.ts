import { interfaceIndex, type IpPrefix, parseIp, parsePrefix } from "@heddle/contracts";
import type { RouteSpec } from "@heddle/rtnetlink";
import type { DesiredSet } from "@heddle/tables";
import { expect, it } from "vitest";
import { type RouteStore, RouteTarget } from "./route-target.ts";

const [first, second, old] = ["10.244.2.0/24", "10.244.3.0/24", "10.244.9.0/24"].map(parsePrefix);
if (first === undefined || second === undefined || old === undefined) throw new Error("no prefix");

const routeTo = (destination: IpPrefix): RouteSpec => ({
  destination,
  nextHops: [{ gateway: parseIp("192.0.2.2"), device: interfaceIndex(2) }],
});

/** A kernel that refuses some prefixes. */
function kernelOf(held: readonly IpPrefix[], refused: ReadonlySet<IpPrefix>) {
  const routes = new Set(held);
  const check = ({ destination }: { readonly destination: IpPrefix }): Promise<IpPrefix> =>
    refused.has(destination)
      ? Promise.reject(new Error(`${destination} is refused`))
      : Promise.resolve(destination);
  const store: RouteStore = {
    list: () =>
      Promise.resolve(
        Array.from(routes, (destination) => ({
          destination,
          type: "unicast" as const,
          table: "main" as const,
          metric: 0,
          protocol: 72,
          scope: "global" as const,
          tos: 0,
          flags: 0,
          nextHops: [],
        })),
      ),
    replace: async (spec) => void routes.add(await check(spec)),
    delete: async (spec) => routes.delete(await check(spec)),
  };
  return { routes, store };
}

function desire(...prefixes: readonly IpPrefix[]): DesiredSet<IpPrefix, RouteSpec> {
  const all = new Map(prefixes.map((prefix) => [prefix, routeTo(prefix)]));
  return {
    has: (key) => all.has(key),
    get: (key) => all.get(key),
    keys: () => all.keys(),
    entries: () => all.entries(),
  };
}

it("repairs all routes but those that the kernel refuses, and tells of these", async () => {
  const { routes, store } = kernelOf([old], new Set([first]));
  const target = new RouteTarget(store, 72);
  await expect(target.prune(desire(first, second))).rejects.toMatchObject({
    code: "prune-failed",
    message: expect.stringContaining(`1 of 3 corrections failed, the first: ${first} is refused`),
  });
  expect(routes).toEqual(new Set([second]));
});

it("a route that cannot be removed holds up no other", async () => {
  const { routes, store } = kernelOf([old, first], new Set([old]));
  await expect(new RouteTarget(store, 72).prune(desire(second))).rejects.toThrow(
    `1 of 3 corrections failed, the first: ${old} is refused`,
  );
  expect(routes).toEqual(new Set([old, second]));
});
