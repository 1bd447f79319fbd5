import { basename } from "node:path";
import { interfaceIndex, parseIp, parseMac } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createSandbox, ip, type IpObject, ipJson } from "../../test/sandbox.ts";
import type { Link } from "./link.ts";

/** The fields that `ip -d link` shows for every device, as it would show them for this one. */
function asIpShows(link: Link): IpObject {
  return {
    ifindex: link.index,
    ifname: link.name,
    mtu: link.mtu,
    qdisc: link.queueDiscipline,
    operstate: link.operationalState.toString().replaceAll("-", "").toUpperCase(),
    group: link.group === 0 ? "default" : String(link.group),
    txqlen: link.queueLength,
    link_type: link.type,
    address: link.address,
    broadcast: link.broadcast,
    promiscuity: link.promiscuity,
    min_mtu: link.minimumMtu,
    max_mtu: link.maximumMtu,
    num_tx_queues: link.sendQueues,
    num_rx_queues: link.receiveQueues,
    gso_max_size: link.gsoMaxSize,
    gso_max_segs: link.gsoMaxSegments,
    gro_max_size: link.groMaxSize,
    tso_max_size: link.tsoMaxSize,
    tso_max_segs: link.tsoMaxSegments,
    inet6_addr_gen_mode: link.addressGeneration,
    ...(link.alias === undefined ? {} : { ifalias: link.alias }),
    ...(link.alternativeNames.length === 0 ? {} : { altnames: link.alternativeNames }),
  };
}

describe("a veth pair", () => {
  it("is made in one request, with its peer in another namespace and all that a peer can have", async () => {
    await using sandbox = createSandbox();
    const [here, there] = [await sandbox.netns(), await sandbox.netns()];
    const left = await sandbox.rtnetlink(here);
    const right = await sandbox.rtnetlink(there);
    const link = await left.links.add({
      name: "v0",
      kind: "veth",
      up: true,
      mtu: 1400,
      address: parseMac("02:00:00:00:00:01"),
      group: 7,
      peer: {
        name: "eth0",
        netns: there,
        mtu: 1300,
        address: parseMac("02:00:00:00:00:02"),
        group: 8,
        queueLength: 500,
        gsoMaxSize: 30_000,
        gsoIpv4MaxSize: 30_000,
        sendQueues: 1,
        receiveQueues: 1,
      },
    });
    expect(link).toMatchObject({ name: "v0", kind: "veth", up: true, mtu: 1400, group: 7 });
    const peer = await right.links.get("eth0");
    expect(peer).toMatchObject({
      index: link.link,
      kind: "veth",
      up: false,
      mtu: 1300,
      address: "02:00:00:00:00:02",
      group: 8,
      queueLength: 500,
      gsoMaxSize: 30_000,
      sendQueues: 1,
      receiveQueues: 1,
    });
    // Nothing else appeared, under any name.
    expect((await left.links.list({ kind: "veth" })).map(({ name }) => name)).toEqual(["v0"]);
    expect(ip(there, "-o link show")).toMatch(/eth0@if\d+: .* mtu 1300 /);
  });

  it("goes as a whole", async () => {
    await using sandbox = createSandbox();
    const [here, there] = [await sandbox.netns(), await sandbox.netns()];
    const left = await sandbox.rtnetlink(here);
    const right = await sandbox.rtnetlink(there);
    await left.links.add({ name: "v0", kind: "veth", peer: { name: "eth0", netns: there } });
    expect(await left.links.delete("v0")).toBe(true);
    expect(await right.links.get("eth0")).toBeUndefined();
    expect(await left.links.delete("v0")).toBe(false);
    expect(await left.links.delete(interfaceIndex(99))).toBe(false);
  });

  it.each([
    ["the name", "v0", "other"],
    ["the peer's name", "other", "eth0"],
  ])("is refused whole when %s is taken", async (_, name, peerName) => {
    await using sandbox = createSandbox();
    const [here, there] = [await sandbox.netns(), await sandbox.netns()];
    const left = await sandbox.rtnetlink(here);
    const right = await sandbox.rtnetlink(there);
    await left.links.add({ name: "v0", kind: "veth", peer: { name: "eth0", netns: there } });
    const peer = { name: peerName, netns: there };
    await expect(left.links.add({ name, kind: "veth", peer })).rejects.toMatchObject({
      code: "exists",
      errno: "EEXIST",
      message: expect.stringContaining(
        `add link ${name} (veth, peer ${peerName} in namespace ${there.path}) in namespace ${here.path}`,
      ),
    });
    expect(await left.links.list({ kind: "veth" })).toHaveLength(1);
    expect(await right.links.list({ kind: "veth" })).toHaveLength(1);
  });
});

describe("links", () => {
  it("are listed as ip lists them", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    ip(netns, "link add v0 address 02:00:00:00:00:01 type veth peer name v1");
    ip(netns, "link property add dev v0 altname second altname third");
    ip(netns, "link set v0 alias of-a-test group 5 up");
    ip(netns, "link add br0 type bridge ageing_time 100");
    ip(netns, "link set v1 master br0 up");
    ip(netns, "link add vx0 type vxlan id 7 remote 10.0.0.2 dstport 4789");
    ip(netns, "link add i0 type ifb");
    const { links } = await sandbox.rtnetlink(netns);
    const listed = await links.list();
    const shown = ipJson(netns, "link show");
    expect(listed.map(({ name }) => name)).toEqual(shown.map(({ ifname }) => ifname));
    for (const [index, link] of listed.entries())
      expect(shown[index]).toMatchObject(asIpShows(link));
    const kinds = listed.map(({ name, kind }) => [name, kind]);
    expect(Object.fromEntries(kinds)).toMatchObject({
      lo: undefined,
      v0: "veth",
      br0: "bridge",
      vx0: "vxlan",
      i0: "ifb",
    });
  });

  it("are listed by kind and by master", async () => {
    await using sandbox = createSandbox();
    const { links } = await sandbox.rtnetlink(await sandbox.netns());
    const bridge = await links.add({ name: "br0", kind: "bridge" });
    await links.add({ name: "v0", kind: "veth", master: bridge.index, peer: { name: "v1" } });
    expect((await links.list({ master: bridge.index })).map(({ name }) => name)).toEqual(["v0"]);
    expect((await links.list({ kind: "bridge" })).map(({ name }) => name)).toEqual(["br0"]);
    expect(await links.list({ kind: "bridge", master: bridge.index })).toEqual([]);
  });

  it("are made with what their kind has", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links } = await sandbox.rtnetlink(netns);
    await links.add({
      name: "br0",
      kind: "bridge",
      bridge: { ageingTime: 100, forwardDelay: 200, priority: 77, multicastSnooping: false },
    });
    await links.add({
      name: "vx0",
      kind: "vxlan",
      vxlan: { id: 7, local: parseIp("192.0.2.1"), port: 4789, learning: false, ttl: 9 },
    });
    await links.add({ name: "vx1", kind: "vxlan", vxlan: { collectMetadata: true, port: 4790 } });
    const dataOf = (name: string): unknown => ipJson(netns, `link show ${name}`)[0]?.["linkinfo"];
    expect(dataOf("br0")).toMatchObject({
      info_kind: "bridge",
      info_data: { ageing_time: 100, forward_delay: 200, priority: 77, mcast_snooping: 0 },
    });
    expect(dataOf("vx0")).toMatchObject({
      info_data: { id: 7, local: "192.0.2.1", port: 4789, learning: false, ttl: 9 },
    });
    expect(dataOf("vx1")).toMatchObject({ info_data: { external: true, port: 4790 } });
    expect(await links.get("br0")).toMatchObject({ bridge: { priority: 77 } });
    expect(await links.get("vx0")).toMatchObject({ vxlan: { id: 7, local: "192.0.2.1" } });
  });

  it("can be dummies, where the kernel has them", async () => {
    await using sandbox = createSandbox();
    const { links } = await sandbox.rtnetlink(await sandbox.netns());
    const made = links.add({ name: "d0", kind: "dummy", mtu: 9000 });
    // The kernel of the development machine is built without CONFIG_DUMMY, and says so as it should.
    await made.then(
      (link) => expect(link).toMatchObject({ kind: "dummy", mtu: 9000 }),
      (error: unknown) =>
        expect(error).toMatchObject({
          code: "unsupported",
          errno: "EOPNOTSUPP",
          reason: "Unknown device type (EOPNOTSUPP)",
          hint: expect.stringContaining("no device of that kind"),
        }),
    );
  });

  it("get an alias and an address generation mode as they are made, before they are up", async () => {
    await using sandbox = createSandbox();
    const { links, addresses } = await sandbox.rtnetlink(await sandbox.netns());
    const link = await links.add({
      name: "br0",
      kind: "bridge",
      up: true,
      alias: "for a test",
      addressGeneration: "none",
    });
    expect(link).toMatchObject({ up: true, alias: "for a test", addressGeneration: "none" });
    expect(await addresses.list({ device: link.index })).toEqual([]);
  });

  it("are not left half made", async () => {
    await using sandbox = createSandbox();
    const { links } = await sandbox.rtnetlink(await sandbox.netns());
    const alias = "x".repeat(300);
    await expect(links.add({ name: "br0", kind: "bridge", alias })).rejects.toMatchObject({
      code: "invalid",
      attribute: "alias",
    });
    expect(await links.get("br0")).toBeUndefined();
  });

  it("are changed in everything that can be changed", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links } = await sandbox.rtnetlink(netns);
    const bridge = await links.add({ name: "br0", kind: "bridge" });
    const { index } = await links.add({ name: "v0", kind: "veth", peer: { name: "v1" } });
    await links.set("v0", {
      name: "renamed",
      up: true,
      mtu: 1280,
      address: parseMac("02:00:00:00:00:07"),
      alias: "an alias",
      group: 3,
      master: bridge.index,
      queueLength: 77,
      gsoMaxSize: 40_000,
      gsoMaxSegments: 50,
      groMaxSize: 41_000,
      addressGeneration: "random",
    });
    expect(ipJson(netns, "link show renamed")).toMatchObject([
      {
        ifindex: index,
        mtu: 1280,
        address: "02:00:00:00:00:07",
        ifalias: "an alias",
        group: "3",
        master: "br0",
        txqlen: 77,
        gso_max_size: 40_000,
        gso_max_segs: 50,
        gro_max_size: 41_000,
        inet6_addr_gen_mode: "random",
      },
    ]);
    await links.set(index, { up: false, master: null, alias: "" });
    const link = await links.get(index);
    expect(link).toMatchObject({ up: false, name: "renamed" });
    expect(link).not.toHaveProperty("master");
    expect(link).not.toHaveProperty("alias");
  });

  it("move to another namespace", async () => {
    await using sandbox = createSandbox();
    const [here, there] = [await sandbox.netns(), await sandbox.netns()];
    const left = await sandbox.rtnetlink(here);
    const right = await sandbox.rtnetlink(there);
    const { index } = await left.links.add({ name: "v0", kind: "veth", peer: { name: "v1" } });
    await left.links.set(index, { netns: there, name: "moved" });
    expect(await left.links.get(index)).toBeUndefined();
    expect(await right.links.get("moved")).toMatchObject({ kind: "veth", linkNetnsId: 0 });
  });

  it("are found by an alternative name", async () => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links } = await sandbox.rtnetlink(netns);
    const { index } = await links.add({ name: "br0", kind: "bridge" });
    const long = "a-name-of-more-than-fifteen-bytes";
    ip(netns, `link property add dev br0 altname ${long}`);
    expect(await links.get(long)).toMatchObject({ index, alternativeNames: [long] });
    await links.set(long, { mtu: 1300 });
    expect(await links.get("br0")).toMatchObject({ mtu: 1300 });
  });

  it.each([
    ["nothing", "device-gone", "ENODEV", { up: true }],
    ["br0", "exists", "EEXIST", { name: "lo" }],
    ["br0", "invalid", "EINVAL", { mtu: 70_000 }],
    ["br0", "device-gone", undefined, { master: interfaceIndex(99) }],
  ] as const)("%s cannot be changed: %s", async (name, code, errno, changes) => {
    await using sandbox = createSandbox();
    const netns = await sandbox.netns();
    const { links } = await sandbox.rtnetlink(netns);
    await links.add({ name: "br0", kind: "bridge" });
    await expect(links.set(name, changes)).rejects.toMatchObject({
      ...(errno === undefined ? {} : { code, errno }),
      operation: "set link",
      subject: expect.stringContaining(basename(netns.path)),
    });
  });

  it("that are there no more when they are to be renamed are named", async () => {
    await using sandbox = createSandbox();
    const { links } = await sandbox.rtnetlink(await sandbox.netns());
    await expect(links.set("v0", { name: "v1" })).rejects.toMatchObject({
      code: "device-gone",
      message: expect.stringContaining("set link v0 to name v1"),
    });
  });

  it("have names that the kernel takes", async () => {
    await using sandbox = createSandbox();
    const { links } = await sandbox.rtnetlink(await sandbox.netns());
    const name = "sixteen-letters-";
    await expect(links.add({ name, kind: "bridge" })).rejects.toMatchObject({
      code: "invalid",
      errno: "ERANGE",
      attribute: "name",
    });
  });
});
