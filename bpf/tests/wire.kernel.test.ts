import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IpAddress, ipFamilies, parseIp } from "@heddle/contracts";
import { requireFeature } from "@heddle/testing";
import { attachTcx, openObject } from "libbpf-napi";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";
import { gatewayMac, node, Scene } from "./scene.ts";

/** What test runs cannot show: frames as devices hand them over. */
let scene: Scene;
let stack: AsyncDisposableStack;
beforeEach(async (context) => {
  stack = new AsyncDisposableStack();
  await requireFeature(context, "tcx");
  scene = stack.use(await Scene.create());
  await configurePod();
});
afterEach(async () => stack.disposeAsync());

/** The pod `web` gets the addresses and the MAC address that its entries say. */
async function configurePod(): Promise<void> {
  const { netns, mac, address } = scene.web;
  await netns.run("ip", "link", "set", "eth0", "address", mac);
  await netns.run("ip", "address", "add", `${address[4]}/32`, "dev", "eth0");
  await netns.run("ip", "address", "add", `${address[6]}/128`, "dev", "eth0", "nodad");
  for (const gateway of ["169.254.1.1", "fe80::1"]) {
    await netns.run("ip", "neigh", "add", gateway, "lladdr", gatewayMac, "dev", "eth0");
    await netns.run("ip", "route", "add", "default", "via", gateway, "dev", "eth0", "onlink");
  }
}

/**
 * Sends datagrams from the network to the pod, and tells from whom the first came, if one did. They are
 * so long that the receiver relies on sums that were made before. Two processes, each of which shows by a
 * file how far it is: the sender waits until somebody listens, and the listener until all was sent.
 */
async function receive(target: IpAddress): Promise<string> {
  const kind = target.includes(":") ? "udp6" : "udp4";
  const folder = mkdtempSync(join(tmpdir(), "hdt-wire-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const tools = `
    const { existsSync, writeFileSync } = require("fs");
    const { setTimeout: delay } = require("timers/promises");
    const tell = (step) => writeFileSync("${folder}/" + step, "");
    const told = async (step) => { while (!existsSync("${folder}/" + step)) await delay(10); };
    const socket = require("dgram").createSocket("${kind}");`;
  const listen = `${tools}
    const end = (text) => { console.log(text); process.exit(); };
    socket.on("message", (_, { address }) => end(address)).bind(9, () => tell("listening"));
    // What was sent is there at once; what is there is read before the next turn.
    told("sent").then(() => delay(100)).then(() => end("nobody"));`;
  const send = `${tools}
    told("listening").then(async () => {
      for (let count = 0; count < 10; count++) {
        socket.send("x".repeat(200), 9, "${target}");
        await delay(50);
      }
      socket.close();
      tell("sent");
    });`;
  const heard = scene.web.netns.run(process.execPath, "-e", listen);
  await scene.network.run(process.execPath, "-e", send);
  return (await heard).trim();
}

/** The far end of the uplink, with addresses and routes to the node's pods. */
async function configureNetwork(source: IpAddress, target: IpAddress): Promise<void> {
  const family = source.includes(":") ? 6 : 4;
  const nodad = family === 6 ? ["nodad"] : [];
  const { network } = scene;
  const length = family === 6 ? "128" : "32";
  await network.run("ip", "address", "add", `${source}/${length}`, "dev", "eth0", ...nodad);
  await network.run("ip", "neigh", "add", node[family], "lladdr", scene.uplinkMac, "dev", "eth0");
  const via = ["via", node[family], "dev", "eth0", "onlink", "src", source];
  await network.run("ip", "route", "add", target, ...via);
}

async function tagFrames(): Promise<void> {
  const tag = compileFixture("priority_tag", (folder) => {
    stack.defer(() => rmSync(folder, { recursive: true }));
  });
  const file = stack.use(await openObject(tag));
  const object = stack.use(await file.load());
  const link = await scene.network.rtnetlink.links.get("eth0");
  if (link === undefined) throw new Error("the uplink has no far end");
  const place = { ifindex: link.index, hook: "egress", netns: scene.network.path } as const;
  stack.use(await attachTcx(object.program("add_tag"), place));
}

it("a frame with a priority tag is delivered as one without", async () => {
  const source = parseIp("192.0.2.9");
  await scene.attach("fromNet", scene.uplink);
  await configureNetwork(source, scene.web.address[4]);
  await tagFrames();
  expect(await receive(scene.web.address[4])).toBe(source);
});

it("a priority tag does not let the network send in a pod's name", async () => {
  await scene.attach("fromNet", scene.uplink);
  await configureNetwork(scene.db.address[4], scene.web.address[4]);
  await tagFrames();
  const before = scene.count("fromNet martian");
  expect(await receive(scene.web.address[4])).toBe("nobody");
  expect(scene.count("fromNet martian")).toBeGreaterThan(before);
});

it.each(ipFamilies)(
  "an IPv%i packet whose device has summed it up keeps a right checksum",
  async (family) => {
    const { netns, network, web } = scene;
    const [near, far] = family === 4 ? ["198.18.0.1", "198.18.0.2"] : ["fd00:ee::1", "fd00:ee::2"];
    // The tunnel's receiver verifies the outer checksum in software, and hands the sum on inwards.
    await network.run("ip", "address", "add", "192.0.2.2/24", "dev", "eth0");
    await network.run("ethtool", "-K", "eth0", "tx", "off");
    for (const [end, remote, address] of [
      [netns, "192.0.2.2", near],
      [network, "192.0.2.1", far],
    ] as const) {
      const vxlan = ["type", "vxlan", "id", "7", "remote", remote, "dstport", "4789", "udpcsum"];
      await end.run("ip", "link", "add", "vx0", ...vxlan, "dev", "eth0");
      await end.run("ip", "link", "set", "vx0", "up");
      const nodad = family === 6 ? ["nodad"] : [];
      const length = family === 6 ? "64" : "24";
      await end.run("ip", "address", "add", `${address}/${length}`, "dev", "vx0", ...nodad);
    }
    await network.run("ethtool", "-K", "vx0", "tx", "off");
    const tunnel = await netns.rtnetlink.links.get("vx0");
    if (tunnel === undefined) throw new Error("there is no tunnel");
    await scene.attach("fromNet", tunnel.index);
    // The node's answers do not arrive: the scene gives its peer a MAC address that nobody has.
    const lladdr = ["lladdr", String(tunnel.address)];
    await network.run("ip", "neigh", "add", near, ...lladdr, "dev", "vx0");
    await network.run("ip", "route", "add", web.address[family], "via", near);
    expect(await receive(web.address[family])).toBe(far);
  },
);
