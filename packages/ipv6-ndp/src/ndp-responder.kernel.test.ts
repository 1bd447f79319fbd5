import { spawnSync } from "node:child_process";
import {
  type InterfaceIndex,
  interfaceIndex,
  type IpFamily,
  ipFamilies,
  isIpv4Address,
  parseIp,
  parseIpv6,
} from "@heddle/contracts";
import { buildPacket, findLayer, type Packet, type PacketDraft } from "@heddle/packet";
import { createTable } from "@heddle/tables";
import { requireFeature, waitUntil } from "@heddle/testing";
import { queryClsact, queryTcx } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import {
  createFrameSender,
  createNdpResponder,
  type NdpDevice,
  type NdpResponder,
  type NdpResponderOptions,
  solicitationOf,
  solicitedNodeGroup,
} from "./index.ts";
import { capture } from "./testing/capture.ts";
import {
  createLinkScene,
  inner,
  type LinkScene,
  neighbourAddress,
  twin,
} from "./testing/link-scene.ts";

let stack: AsyncDisposableStack;
let scene: LinkScene;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  scene = stack.use(await createLinkScene());
});
afterEach(async () => stack.disposeAsync());

const absent = { 4: parseIp("10.244.1.200"), 6: parseIp("fd00:1::c8") } as const;
const group = solicitedNodeGroup(parseIpv6(inner[6]));

async function start(options: Partial<NdpResponderOptions> = {}): Promise<NdpResponder> {
  const place = { netns: scene.host.path, protocol: 77, ...options };
  const responder = stack.use(createNdpResponder(scene.deps, place));
  await responder.start();
  return responder;
}

function give(...addresses: readonly (typeof twin)[]): void {
  for (const address of addresses) scene.addresses.upsert(address, undefined);
  scene.addresses.markSynced();
}

function requireTcpdump(context: TestContext): void {
  if (spawnSync("tcpdump", ["--version"]).error === undefined) return;
  context.skip("tcpdump is not installed: apt-get install tcpdump");
}

/** Opens a connection to the inner namespace and gives who called. */
async function dial(family: IpFamily): Promise<string> {
  const target = inner[family];
  const listen = `require("net").createServer((socket) => {
      console.log(socket.remoteAddress); socket.end(); process.exit();
    }).listen(80, "${target}")`;
  const connect = `const go = () => require("net").connect(80, "${target}")
      .on("error", () => setTimeout(go, 20)).on("connect", () => process.exit()); go()`;
  const heard = scene.behind.run(process.execPath, "-e", listen);
  await scene.links[0].netns.run(process.execPath, "-e", connect);
  return (await heard).trim();
}

const users = (device: string) => scene.groupUsers(device, group);

/** What listeners say of the group. */
function reports(packets: readonly Packet[]): readonly (string | number)[] {
  return packets.flatMap((one) => {
    const message = findLayer(one, "icmpv6");
    if (message?.type !== "multicast-listener-report-v2") return [];
    return message.records.filter((record) => record.group === group).map(({ type }) => type);
  });
}

function isAnnouncement(one: Packet): boolean {
  const asked = findLayer(one, "arp");
  if (asked !== undefined) return asked.senderIp === inner[4] && asked.targetIp === inner[4];
  const told = findLayer(one, "icmpv6");
  return told?.type === "neighbor-advertisement" && told.target === inner[6] && told.override;
}

/** The frame with other fields in one of its layers. */
function changed(draft: PacketDraft, change: { readonly kind?: string }): PacketDraft {
  const layers = draft.layers.map((layer) =>
    layer.kind === change.kind ? { ...layer, ...change, kind: layer.kind } : layer,
  );
  return { layers };
}

/** Without announcements, a neighbour learns of an address by asking only. */
const quiet = { announcementRate: 0 } as const;

describe("a neighbour with nothing but an on-link prefix", () => {
  it.for(["tcx", "clsact"] as const)(
    "reaches what is behind the host, by %s",
    async (attachment, context) => {
      if (attachment === "tcx") await requireFeature(context, "tcx");
      give(inner[4], inner[6]);
      const responder = await start({ attachment, ...quiet });
      const [link] = scene.links;
      for (const family of ipFamilies) {
        expect(await scene.resolve(link, inner[family])).toMatchObject({ address: link.mac });
        expect(await dial(family)).toBe(neighbourAddress[family]);
      }
      const counts = responder.counters();
      expect(counts.find(({ reason }) => reason === "answered")?.requests).toBeGreaterThanOrEqual(
        2n,
      );
    },
  );

  it.each(ipFamilies)("reaches it by each of the host's links, over IPv%i", async (family) => {
    give(inner[family]);
    await start(quiet);
    for (const link of scene.links)
      expect(await scene.resolve(link, inner[family])).toMatchObject({ address: link.mac });
  });

  it("finds the host a router whose answers give way to the owner's own", async () => {
    give(inner[6]);
    await start(quiet);
    const { flags } = await scene.resolve(scene.links[0], inner[6]);
    expect(flags).toContain("router");
  });

  it.each(ipFamilies)("hears nothing of an IPv%i address that is not here", async (family) => {
    give(inner[family]);
    const responder = await start(quiet);
    expect(await scene.resolve(scene.links[0], absent[family])).toMatchObject({ state: "failed" });
    expect(responder.counters()).toContainEqual(
      expect.objectContaining({ reason: "passed", requests: expect.any(BigInt) }),
    );
  });

  it("hears nothing on a device that is not chosen", async () => {
    scene.chosen.delete("eth0");
    give(inner[6]);
    await start(quiet);
    const [first, second] = scene.links;
    expect(await scene.resolve(first, inner[6])).toMatchObject({ state: "failed" });
    expect(await scene.resolve(second, inner[6])).toMatchObject({ address: second.mac });
  });

  it("cannot take an address that is behind the host: it is found to be a duplicate", async () => {
    give(inner[6]);
    await start(quiet);
    const { netns } = scene.links[0];
    await netns.run("ip", "address", "add", `${inner[6]}/64`, "dev", "eth0");
    const own = await waitUntil("duplicate address detection to end", async () => {
      const held = await netns.rtnetlink.addresses.list();
      const found = held.find(({ address }) => address === inner[6]);
      return found?.flags.includes("dadfailed") === true || !found?.flags.includes("tentative")
        ? found
        : undefined;
    });
    expect(own.flags).toContain("dadfailed");
  });
});

describe("a solicited-node group", () => {
  it("is joined on each device with the first address that has it, and left with the last", async () => {
    give(inner[6], twin, inner[4]);
    await start();
    expect(await Promise.all(["eth0", "eth1"].map(users))).toEqual([2, 2]);
    scene.addresses.delete(inner[6]);
    await waitUntil("one to go", async () => (await users("eth0")) === 1);
    scene.addresses.delete(twin);
    await waitUntil("the group to be left", async () => (await users("eth0")) === 0);
    await waitUntil("the group to be left", async () => (await users("eth1")) === 0);
  });

  it("is reported on the wire of each link when it is joined, and when it is left", async (context) => {
    requireTcpdump(context);
    const captures = await Promise.all(scene.links.map(({ netns }) => capture(netns, "eth0")));
    for (const one of captures) stack.use(one);
    give(inner[6], twin);
    await start();
    for (const { packets } of captures)
      await waitUntil("a report of joining", () => reports(packets).includes("change-to-exclude"));
    scene.addresses.delete(twin);
    await waitUntil("one to go", async () => (await users("eth1")) === 1);
    scene.addresses.delete(inner[6]);
    for (const { packets } of captures) {
      await waitUntil("a report of leaving", () => reports(packets).includes("change-to-include"));
      // Nothing of it was left in between.
      expect(reports(packets).lastIndexOf("change-to-exclude")).toBeLessThan(
        reports(packets).indexOf("change-to-include"),
      );
    }
  });
});

describe("an address that appears", () => {
  it.each(ipFamilies)(
    "is announced, so that neighbours learn that it has moved, over IPv%i",
    async (family) => {
      const [{ netns, far, mac }] = scene.links;
      const address = inner[family];
      const before = { device: far, destination: address, state: "stale" } as const;
      await netns.rtnetlink.neighbours.replace({ ...before, address: scene.links[1].mac });
      scene.addresses.markSynced();
      await start();
      give(address);
      const learnt = await waitUntil("the neighbour to know", async () => {
        const known = await netns.rtnetlink.neighbours.get({ device: far, destination: address });
        return known?.address === mac && known;
      });
      expect(learnt).toMatchObject({ destination: address, address: mac });
    },
  );

  it("is announced as often as the RFCs say, on each link", async (context) => {
    requireTcpdump(context);
    const captures = await Promise.all(scene.links.map(({ netns }) => capture(netns, "eth0")));
    for (const one of captures) stack.use(one);
    give(inner[4], inner[6]);
    await start();
    for (const { packets } of captures) {
      const seen = () => packets.filter(isAnnouncement);
      await waitUntil("three advertisements and two ARP announcements", () => seen().length === 5);
      expect(seen().filter((one) => findLayer(one, "arp") !== undefined)).toHaveLength(2);
    }
  });
});

describe("a solicitation that must be discarded", () => {
  it.each<[string, object]>([
    ["hopLimit", { kind: "ipv6", hopLimit: 254 }],
    ["checksum", { kind: "icmpv6", checksum: 1 }],
    ["badHeader", { kind: "icmpv6", code: 1 }],
    ["badOption", { kind: "icmpv6", optionTail: new Uint8Array(8) }],
  ])("is counted under its reason, and has no answer: %s", async (reason, change) => {
    give(inner[6]);
    const responder = await start();
    const [{ netns, far, mac }] = scene.links;
    await using sender = createFrameSender({ netns: netns.path });
    const target = parseIpv6(inner[6]);
    const question = { target, mac, source: parseIpv6(neighbourAddress[6]) };
    await sender.send(far, buildPacket(changed(solicitationOf(question), change)));
    const count = await waitUntil("the count", () =>
      responder.counters().find((one) => one.reason === reason),
    );
    expect(count.requests).toBe(1n);
    expect(responder.counters()).not.toContainEqual(
      expect.objectContaining({ reason: "answered" }),
    );
  });
});

it("a device that is not there is told of by health, and holds up no other", async () => {
  give(inner[6]);
  const gone = createTable<InterfaceIndex, NdpDevice>({ name: "devices" });
  for (const { device, mac } of scene.links) {
    gone.upsert(device, { name: "eth", mac, source: undefined });
  }
  gone.upsert(interfaceIndex(4711), { name: "gone", mac: scene.links[0].mac, source: undefined });
  gone.markSynced();
  scene = { ...scene, deps: { ...scene.deps, devices$: gone.changes$ } };
  const responder = await start(quiet);
  expect(responder.health$.value).toMatchObject({
    level: "degraded",
    message: expect.stringContaining("1 of 3 devices with programs failed"),
  });
  expect(await scene.resolve(scene.links[0], inner[6])).toMatchObject({ state: "reachable" });
});

it("is refused with options that make no sense, and has no counters before it is started", () => {
  const options = { protocol: 77, announcementRate: Number.NaN };
  expect(() => createNdpResponder(scene.deps, options)).toThrow("NaN is not a number of frames");
  const responder = createNdpResponder(scene.deps, { protocol: 77 });
  expect(() => responder.counters()).toThrow(expect.objectContaining({ code: "not-started" }));
  expect(responder.health$.value.level).toBe("starting");
});

it("closing takes back all that there was", async () => {
  give(inner[4], inner[6]);
  const responder = await start();
  const { neighbours } = scene.host.rtnetlink;
  expect(await neighbours.list({ proxy: true })).toHaveLength(4);
  await responder.close();
  expect(await neighbours.list({ proxy: true })).toEqual([]);
  expect(await scene.groupUsers("eth0", group)).toBe(0);
  const { device } = scene.links[0];
  const place = { netns: scene.host.path };
  expect(await queryClsact(device, "ingress", place)).toEqual([]);
  const tcx = await queryTcx(device, "ingress", place).catch(() => ({ programs: [] }));
  expect(tcx.programs).toEqual([]);
});

it("IPv4 needs no group, and an address of either family has an entry on each device", async () => {
  give(inner[4], inner[6]);
  await start();
  const listed = await scene.host.rtnetlink.neighbours.list({ proxy: true });
  expect(listed.filter(({ destination }) => isIpv4Address(destination))).toHaveLength(2);
  expect(listed.every(({ protocol }) => protocol === 77)).toBe(true);
});
