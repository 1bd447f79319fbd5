import { createManualClock, parseIp, parsePrefix } from "@heddle/contracts";
import { expect, it } from "vitest";
import { createIpam } from "./index.ts";

const [old, next] = ["10.0.0.0/24", "10.0.1.0/24"].map(parsePrefix);

it("a prefix that is drained gives nothing more, keeps what it gave, and goes with the last of it", () => {
  if (old === undefined || next === undefined) throw new Error("no prefixes");
  const ipam = createIpam({ clock: createManualClock() }, { prefixes: [old] });
  for (const owner of ["a", "b"]) ipam.allocate(owner, [4]);
  ipam.drainPrefix(old);
  expect(() => ipam.allocate("c", [4])).toThrow("pool default has no IPv4 prefix");
  ipam.addPrefix(next);
  expect(ipam.allocate("c", [4]).ipv4).toBe("10.0.1.1");
  expect(ipam.allocate("a", [4]).ipv4).toBe("10.0.0.1");
  expect(() => ipam.claim("d", [parseIp("10.0.0.9")])).toThrow(
    "claim 10.0.0.9 for d: 10.0.0.0/24 is being drained",
  );
  ipam.release("a");
  expect(ipam.usage$.value).toMatchObject([
    { prefix: old, used: 1, free: 0n, draining: true },
    { prefix: next, used: 1, draining: false },
  ]);
  ipam.release("b");
  expect(ipam.usage$.value.map(({ prefix }) => prefix)).toEqual([next]);
  expect(() => ipam.drainPrefix(old)).toThrow(
    "drain prefix 10.0.0.0/24: pool default has 10.0.1.0/24",
  );
});
