import { createManualClock, silentLogger } from "@heddle/contracts";
import { createMemoryMap } from "libbpf-napi";
import { type Neighbour, RtnetlinkError } from "@heddle/rtnetlink";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createNdpProxy,
  NdpError,
  ndpDevicesMap,
  type NdpProxy,
  type NdpProxyDeps,
  NdpSpeakerFlag,
} from "./index.ts";
import { createLinkScene, inner, type LinkScene, twin } from "./testing/link-scene.ts";

/** What a proxy keeps in the kernel, and that it outlives the process. */
let stack: AsyncDisposableStack;
let scene: LinkScene;
let map: NdpProxyDeps["map"];
/** How many frames each device was to send. */
let frames: Map<number, number>;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  scene = stack.use(await createLinkScene());
  map = createMemoryMap(ndpDevicesMap);
  frames = new Map();
});
afterEach(async () => stack.disposeAsync());

const protocol = 77;

async function start(): Promise<NdpProxy> {
  const clock = createManualClock();
  const proxy = stack.use(
    createNdpProxy(
      {
        ...scene.deps,
        map,
        async send(device) {
          frames.set(device, (frames.get(device) ?? 0) + 1);
        },
        clock,
        logger: silentLogger,
      },
      { protocol },
    ),
  );
  await proxy.start();
  // The first of each announcement, one every 10 ms; repetitions come later.
  clock.advance(500);
  return proxy;
}

async function listed(): Promise<readonly Neighbour[]> {
  return await scene.host.rtnetlink.neighbours.list({ proxy: true });
}

const frameCounts = () => scene.links.map(({ device }) => frames.get(device) ?? 0);

describe("a proxy", () => {
  it("tells the programs each device, and each address to the kernel", async () => {
    scene.addresses.upsert(inner[4], undefined);
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    await start();
    for (const { device, mac } of scene.links)
      expect(map.get(device)).toMatchObject({ mac, flags: NdpSpeakerFlag.router });
    expect(await listed()).toHaveLength(4);
    expect(frameCounts()).toEqual([2, 2]);
  });

  it("leaves all in place when it closes, and the next one announces only what is new", async () => {
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    await (await start()).close();
    expect(await listed()).toHaveLength(2);
    frames.clear();
    scene.addresses.upsert(twin, undefined);
    await start();
    expect(await listed()).toHaveLength(4);
    expect(frameCounts()).toEqual([1, 1]);
  });

  it("removes what went while it did not run, but nothing of others, and not before all is known", async () => {
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    await (await start()).close();
    const { neighbours } = scene.host.rtnetlink;
    const [{ device }] = scene.links;
    const foreign = { device, destination: twin, proxy: true };
    await neighbours.add({ ...foreign, protocol: 78 });
    scene.addresses.delete(inner[6]);
    await start();
    await waitUntil("ours to go", async () => (await listed()).length === 1);
    expect(await listed()).toMatchObject([{ destination: twin, protocol: 78 }]);
  });

  it("takes over no entry of somebody else, who may remove it", async () => {
    const { neighbours } = scene.host.rtnetlink;
    for (const { device } of scene.links)
      await neighbours.add({ device, destination: inner[6], proxy: true, protocol: 78 });
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    await start();
    expect(frameCounts()).toEqual([0, 0]);
    scene.addresses.delete(inner[6]);
    await scene.host.rtnetlink.links.list();
    expect((await listed()).map((entry) => entry.protocol)).toEqual([78, 78]);
  });

  it("makes entries anew on a device that was down, with the MAC address that it then has", async () => {
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    await start();
    const { host, links } = scene;
    const [{ device }] = links;
    await host.run("ip", "link", "set", "eth0", "down");
    await waitUntil("the device to go", () => map.get(device) === undefined);
    await host.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:42");
    await host.run("ip", "link", "set", "eth0", "up");
    await waitUntil("the entry to come back", async () =>
      (await listed()).some((entry) => entry.device === device),
    );
    expect(map.get(device)).toMatchObject({ mac: "02:00:00:00:00:42" });
  });

  it("answers from the device's link-local address once that is no duplicate", async () => {
    scene.addresses.markSynced();
    await start();
    const [{ device }] = scene.links;
    const own = await waitUntil("the address", async () => {
      const held = await scene.host.rtnetlink.addresses.list({ device, family: 6 });
      return held.find(({ scope, flags }) => scope === "link" && !flags.includes("tentative"));
    });
    await waitUntil("the source", () => map.get(device)?.source !== "::");
    expect(map.get(device)).toMatchObject({ source: own.address });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses to announce at a rate of %d",
    (announcementRate) => {
      const deps = { ...scene.deps, map, send: async () => undefined };
      expect(() => createNdpProxy(deps, { protocol, announcementRate })).toThrow(
        expect.objectContaining({ code: "invalid-option", subject: "announcementRate" }),
      );
      expect(() => createNdpProxy(deps, { protocol, announcementRate })).toThrow(NdpError);
    },
  );

  it("tells what the kernel refuses by its health, and the other addresses are not held up", async () => {
    const { neighbours } = scene.deps;
    const refusal = new RtnetlinkError({
      code: "exhausted",
      operation: "add neighbour",
      subject: twin,
      reason: "no room",
    });
    const refusing: NdpProxyDeps["neighbours"] = {
      ...neighbours,
      add: (spec) => (spec.destination === twin ? Promise.reject(refusal) : neighbours.add(spec)),
    };
    scene = { ...scene, deps: { ...scene.deps, neighbours: refusing } };
    scene.addresses.upsert(twin, undefined);
    scene.addresses.upsert(inner[6], undefined);
    scene.addresses.markSynced();
    const proxy = await start();
    await waitUntil("both refusals", () =>
      proxy.health$.value.message.includes("2 of 4 addresses answered for failed; update of"),
    );
    expect(await listed()).toHaveLength(2);
  });
});
