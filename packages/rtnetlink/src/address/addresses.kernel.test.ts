import { interfaceIndex, parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createSandbox, ip, type IpObject, ipJson } from "../../test/sandbox.ts";
import type { NetnsHandle } from "../netns.ts";
import { sysctl } from "../sysctl.ts";
import type { Address, AddressSpec } from "./address.ts";

const forever = 0xffff_ffff;

/** The address as `ip -d address` shows it, apart from its flags. */
function asIpShows(address: Address): IpObject {
  const { preferredLifetime: preferred, validLifetime: valid } = address;
  return {
    local: address.address,
    prefixlen: address.prefixLength,
    scope: address.scope,
    ...(address.peer === undefined ? {} : { address: address.peer }),
    ...(address.broadcast === undefined ? {} : { broadcast: address.broadcast }),
    ...(address.label === undefined ? {} : { label: address.label }),
    valid_life_time: valid === "forever" ? forever : valid,
    preferred_life_time: preferred === "forever" ? forever : preferred,
  };
}

describe("addresses", () => {
  it("are listed as ip lists them", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { addresses, links } = await sandbox.rtnetlink(netns);
    const { index } = await links.add({ name: "v0", kind: "veth", peer: { name: "v1" } });
    ip(netns, "address add 10.0.0.1/24 brd + dev v0 label v0:x");
    ip(netns, "address add 10.0.0.5 peer 10.0.0.6/31 dev v0");
    ip(netns, "address add 2001:db8::1/64 dev v0 nodad");
    ip(netns, "address add 2001:db8::5 peer 2001:db8::6 dev v0 noprefixroute");
    const listed = await addresses.list({ device: index });
    expect(shownAddresses(netns).map(only)).toEqual(listed.map(asIpShows));
    expect(await addresses.list({ family: 6, device: index })).toHaveLength(2);
    expect(await addresses.list({ device: interfaceIndex(99) })).toEqual([]);
  });

  const device = interfaceIndex(1);
  it.each<[string, AddressSpec, IpObject]>([
    [
      "IPv4",
      { device, address: parseIp("10.0.0.1"), prefixLength: 24, broadcast: parseIp("10.0.0.255") },
      { local: "10.0.0.1", prefixlen: 24, broadcast: "10.0.0.255", scope: "global" },
    ],
    [
      "IPv4 with everything",
      {
        device,
        address: parseIp("10.0.0.1"),
        peer: parseIp("10.0.0.2"),
        prefixLength: 32,
        scope: "link",
        label: "v0:1",
        flags: ["noprefixroute"],
        validLifetime: 1000,
        preferredLifetime: 500,
        routeMetric: 77,
      },
      {
        local: "10.0.0.1",
        address: "10.0.0.2",
        scope: "link",
        label: "v0:1",
        noprefixroute: true,
        metric: 77,
        dynamic: true,
      },
    ],
    [
      "IPv6",
      { device, address: parseIp("2001:db8::1"), prefixLength: 64 },
      { local: "2001:db8::1", prefixlen: 64, tentative: true },
    ],
    [
      "IPv6 with everything",
      {
        device,
        address: parseIp("2001:db8::1"),
        peer: parseIp("2001:db8::2"),
        prefixLength: 128,
        flags: ["nodad", "noprefixroute"],
        validLifetime: 1000,
        preferredLifetime: 0,
        protocol: 77,
      },
      {
        local: "2001:db8::1",
        address: "2001:db8::2",
        nodad: true,
        noprefixroute: true,
        deprecated: true,
      },
    ],
  ])("are made: %s", async (_, spec, shown) => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { addresses, links } = await sandbox.rtnetlink(netns);
    const link = await links.add({
      name: "v0",
      kind: "veth",
      up: true,
      addressGeneration: "none",
      peer: { name: "v1" },
    });
    const address = { ...spec, device: link.index };
    await addresses.add(address);
    expect(shownAddresses(netns)).toMatchObject([shown]);
    const found = await addresses.get(address);
    expect(found).toMatchObject({ address: spec.address, prefixLength: spec.prefixLength });
    expect(found?.protocol).toBe(spec.protocol);
    await expect(addresses.add(address)).rejects.toMatchObject({ code: "exists" });
    await addresses.replace({ ...address, validLifetime: 60, preferredLifetime: 30 });
    expect(await addresses.get(address)).toMatchObject({ validLifetime: 60 });
    expect(await addresses.delete(address)).toBe(true);
    expect(await addresses.delete(address)).toBe(false);
    expect(await addresses.get(address)).toBeUndefined();
  });

  it("are refused for a device that is gone, in the kernel's words", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { addresses } = await sandbox.rtnetlink(netns);
    const spec = { device: interfaceIndex(99), address: parseIp("10.0.0.1"), prefixLength: 24 };
    await expect(addresses.add(spec)).rejects.toMatchObject({
      code: "device-gone",
      message: `add address 10.0.0.1/24 dev 99 in namespace ${netns.path}: ipv4: Device not found (ENODEV) (the device was deleted or moved to another namespace; list the links anew)`,
    });
    expect(await addresses.delete(spec)).toBe(false);
  });

  it("of IPv6 are refused where it is disabled, with what to do", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { addresses, links } = await sandbox.rtnetlink(netns);
    const { index } = await links.add({ name: "br0", kind: "bridge" });
    await sysctl(netns).set("net/ipv6/conf/br0/disable_ipv6", 1);
    const spec = { device: index, address: parseIp("2001:db8::1"), prefixLength: 64 };
    await expect(addresses.add(spec)).rejects.toMatchObject({
      code: "permission",
      hint: expect.stringContaining("disable_ipv6"),
    });
  });
});

/** The addresses of v0. */
function shownAddresses(netns: NetnsHandle): readonly unknown[] {
  const shown = ipJson(netns, "address show v0")[0]?.["addr_info"];
  return Array.isArray(shown) ? shown : [];
}

const compared = new Set([
  "local",
  "prefixlen",
  "scope",
  "address",
  "broadcast",
  "label",
  "valid_life_time",
  "preferred_life_time",
]);

/** The fields of `ip`'s that are compared. */
function only(shown: unknown): IpObject {
  const fields = Object.entries<unknown>({ ...Object(shown) });
  return Object.fromEntries(fields.filter(([name]) => compared.has(name)));
}
