import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labDown, labUp, openLab } from "./index.ts";
import { askProbe } from "./testing/dial-all.ts";
import {
  createLabScene,
  heddle,
  type LabScene,
  type LabSceneOptions,
  run,
  serverPod,
} from "./testing/lab-scene.ts";
import { tracesOf } from "./testing/traces.ts";

let stack: AsyncDisposableStack;
beforeEach(() => (stack = new AsyncDisposableStack()));
afterEach(async () => stack.disposeAsync());

const pods = serverPod("a1", "node-1") + serverPod("b1", "node-2");

async function labOf(options: Omit<LabSceneOptions, "pods">): Promise<LabScene> {
  return stack.use(await createLabScene({ pods, ...options }));
}

const ping = ["ping", "-nqc1", "-W2"];

/** Packets that have left a node by a device. */
async function sent({ lab }: LabScene, node: string, device: string): Promise<number> {
  const command = ["ip", "-s", "-j", "link", "show", device];
  const [link] = JSON.parse((await run(lab.onNode(node, command))).stdout);
  return Number(link.stats64.tx.packets);
}

describe("an MTU", () => {
  it("of the network is that of pods, and packets of its size are not cut", async () => {
    const { lab, address } = await labOf({ mtu: 3000 });
    for (const [family, headers] of [
      [4, 28],
      [6, 48],
    ] as const) {
      const target = address("default/b1", family);
      const sized = (bytes: number) => [...ping, "-Mdo", "-s", String(bytes - headers), target];
      expect((await run(lab.inPod("a1", sized(3000)))).stdout).toContain(" 1 received");
      expect((await run(lab.inPod("a1", sized(3001)))).stdout).toContain(" 0 received");
    }
  });

  it("of one node is that of its pods, which others keep to over TCP", async () => {
    const { lab, address } = await labOf({ nodeMtus: { "node-2": 1400 } });
    const mtuIn = async (pod: string): Promise<string> => {
      const { stdout } = await run(lab.inPod(pod, ["ip", "-o", "link", "show", "eth0"]));
      return /mtu (\d+)/.exec(stdout)?.[1] ?? stdout;
    };
    expect([await mtuIn("a1"), await mtuIn("b1")]).toEqual(["1500", "1400"]);
    const [a1, b1] = lab.probes();
    for (const [from, to] of [
      [a1, "default/b1"],
      [b1, "default/a1"],
    ] as const) {
      const query = `host=${address(to, 4)}&port=8080&bytes=1000000&timeout=5000`;
      expect(await askProbe(from?.control ?? "", `/transfer?${query}`)).toMatchObject({
        reached: true,
      });
    }
  });
});

describe("a second network", () => {
  it("carries one direction where one node has a route by it, and the first both once it is gone", async () => {
    const scene = await labOf({ links: 2 });
    const { lab, address } = scene;
    const target = address("default/b1", 4);
    const onNode1 = (...command: readonly string[]) => run(lab.onNode("node-1", command));
    const statuses = await lab.status();
    expect(statuses.map(({ addresses }) => addresses)).toEqual([
      ["192.0.2.1", "2001:db8::1"],
      ["192.0.2.2", "2001:db8::2"],
    ]);
    await onNode1("ip", "route", "add", `${target}/32`, "via", "198.51.100.2", "dev", "eth1");
    const stream = ["ping", "-nq", "-i0.002", "-c500", "-W2", target];
    const [before1, before2] = [
      await sent(scene, "node-1", "eth1"),
      await sent(scene, "node-2", "eth1"),
    ];
    expect((await run(lab.inPod("a1", stream))).stdout).toContain(" 500 received");
    expect((await sent(scene, "node-1", "eth1")) - before1).toBeGreaterThanOrEqual(500);
    expect((await sent(scene, "node-2", "eth1")) - before2).toBeLessThan(50);

    const running = run(lab.inPod("a1", stream));
    await waitUntil(
      "the stream",
      async () => (await sent(scene, "node-1", "eth1")) > before1 + 600,
    );
    await onNode1("ip", "link", "set", "eth1", "down");
    const received = Number(/ (\d+) received/.exec((await running).stdout)?.[1]);
    expect(received).toBeGreaterThan(450);
    expect((await run(lab.inPod("a1", [...ping, target]))).stdout).toContain(" 1 received");
  });
});

describe("a narrow link", () => {
  it("lies between the halves of nodes, and its router tells how narrow it is", async () => {
    const { lab, address } = await labOf({ narrow: 1280, underlay: [6] });
    for (const family of [4, 6] as const) {
      const target = address("default/b1", family);
      const { stdout } = await run(lab.inPod("a1", ["ping", "-nc1", "-W2", target]));
      // Two nodes and two routers.
      expect(stdout).toContain("ttl=60");
      const large = ["ping", "-nc1", "-W2", "-Mdo", "-s", "1300", target];
      const told = await run(lab.inPod("a1", large));
      expect(told.stdout).toMatch(/mtu ?= ?1280/);
    }
  });
});

it("what is left of an `up` that was killed goes with `down`, and the next `up` works", async () => {
  const name = `t${randomBytes(4).toString("hex")}`;
  stack.defer(async () => {
    if (tracesOf(name).length > 0) await labDown(name);
  });
  const [program = "", ...args] = heddle;
  for (const part of ["switch", "router-2"]) {
    const command = [...args, "lab", "up", "--name", name, "--narrow", "1300", "--links", "2"];
    const child = spawn(program, command, { stdio: "ignore" });
    await waitUntil(part, () => existsSync(`/run/netns/heddle-${name}.${part}`));
    child.kill("SIGKILL");
    await once(child, "exit");
    await labDown(name);
    expect(tracesOf(name)).toEqual([]);
  }
  const options = { nodes: 2, families: [4, 6], narrow: 1300, links: 2 } as const;
  await labUp({ name, ...options, manifests: [], heddle });
  const { stdout } = await run(openLab(name, heddle).onNode("node-1", [...ping, "203.0.113.2"]));
  expect(stdout).toContain(" 1 received");
});
