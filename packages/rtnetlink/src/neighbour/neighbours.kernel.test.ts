import { interfaceIndex, parseIp, parseMac } from "@heddle/contracts";
import { expect, it } from "vitest";
import { createSandbox, ip, ipJson } from "../../test/sandbox.ts";
import type { NeighbourSpec } from "./neighbour.ts";

const device = interfaceIndex(1);
const address = parseMac("02:00:00:00:00:02");

it("neighbours are listed as ip lists them", async () => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { neighbours, links } = await sandbox.rtnetlink(netns);
  const { index } = await links.add({ name: "v0", kind: "veth", up: true, peer: { name: "v1" } });
  ip(netns, "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0 extern_learn");
  ip(netns, "neigh add 2001:db8::2 lladdr 02:00:00:00:00:03 dev v0 nud stale router");
  ip(netns, "neigh add proxy 10.0.0.9 dev v0");
  const listed = await neighbours.list({ device: index, proxy: false });
  const shown = ipJson(netns, "neigh show dev v0 nud all");
  expect(listed).toHaveLength(shown.length);
  for (const neighbour of listed) {
    expect(shown).toContainEqual(
      expect.objectContaining({
        dst: neighbour.destination,
        lladdr: neighbour.address,
        state: [String(neighbour.state).toUpperCase()],
      }),
    );
  }
  expect(listed).toContainEqual(expect.objectContaining({ flags: ["ext-learned"] }));
  expect(listed).toContainEqual(expect.objectContaining({ flags: ["router"], state: "stale" }));
  expect(await neighbours.list({ proxy: true })).toMatchObject([{ destination: "10.0.0.9" }]);
  expect(await neighbours.list({ family: 6, proxy: true })).toEqual([]);
  expect(await neighbours.list({ device: interfaceIndex(99) })).toEqual([]);
});

it.each<[string, NeighbourSpec, string]>([
  [
    "a permanent one",
    { device, destination: parseIp("10.0.0.2"), address },
    "10.0.0.2 dev v0 lladdr 02:00:00:00:00:02 PERMANENT",
  ],
  [
    "one that another program keeps",
    {
      device,
      destination: parseIp("2001:db8::2"),
      address,
      state: "noarp",
      flags: ["ext-learned"],
      protocol: 77,
    },
    "2001:db8::2 dev v0 lladdr 02:00:00:00:00:02 extern_learn NOARP proto 77",
  ],
  [
    "one that is answered for",
    { device, destination: parseIp("2001:db8::9"), proxy: true },
    "2001:db8::9 dev v0 proxy",
  ],
])("%s is made, found, replaced and deleted", async (_, given, shown) => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { neighbours, links } = await sandbox.rtnetlink(netns);
  const { index } = await links.add({ name: "v0", kind: "veth", up: true, peer: { name: "v1" } });
  const spec = { ...given, device: index };
  const table = spec.proxy === true ? "neigh show proxy" : "neigh show nud all";
  await neighbours.add(spec);
  expect(ip(netns, table).replaceAll(/ +/g, " ")).toContain(shown);
  expect(await neighbours.get(spec)).toMatchObject(spec);
  await neighbours.replace(spec);
  expect(await neighbours.get({ ...spec, destination: parseIp("10.0.0.77") })).toBeUndefined();
  expect(await neighbours.delete(spec)).toBe(true);
  expect(await neighbours.get(spec)).toBeUndefined();
  expect(await neighbours.delete(spec)).toBe(false);
});

it("a neighbour is refreshed by the kernel when it is asked to", async () => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { neighbours, links } = await sandbox.rtnetlink(netns);
  const { index } = await links.add({ name: "v0", kind: "veth", up: true, peer: { name: "v1" } });
  const id = { device: index, destination: parseIp("10.0.0.2") };
  await neighbours.add({ ...id, state: "none", flags: ["managed"] });
  expect(await neighbours.get(id)).toMatchObject({ flags: ["managed"] });
});

it("a neighbour that is there is replaced, not added", async () => {
  await using sandbox = createSandbox();
  const netns = await sandbox.netns();
  const { neighbours, links } = await sandbox.rtnetlink(netns);
  const { index } = await links.add({ name: "v0", kind: "veth", up: true, peer: { name: "v1" } });
  const spec = { device: index, destination: parseIp("10.0.0.2"), address };
  await neighbours.add(spec);
  await expect(neighbours.add(spec)).rejects.toMatchObject({
    code: "exists",
    subject: `10.0.0.2 lladdr ${address} dev ${String(index)} in namespace ${netns.path}`,
  });
  await neighbours.replace({ ...spec, address: parseMac("02:00:00:00:00:07") });
  expect(await neighbours.get(spec)).toMatchObject({ address: "02:00:00:00:00:07" });
  const gone = { ...spec, device: interfaceIndex(99) };
  await expect(neighbours.add(gone)).rejects.toMatchObject({ code: "device-gone" });
  expect(await neighbours.delete(gone)).toBe(false);
});
