import { createAgentClient } from "@heddle/agent/client";
import { type IpAddress, ipFamilies, ipFamily } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf, dialOnce } from "./testing/dial-all.ts";
import {
  agentPid,
  agentSocketOf,
  createLabScene,
  type LabScene,
  run,
  serverPod,
} from "./testing/lab-scene.ts";

/** Nodes that answer for their pods, on a link of hosts that have no routes to them. */
let scene: LabScene;
beforeAll(async () => {
  const pods = serverPod("a1", "node-1") + serverPod("b1", "node-2") + serverPod("b2", "node-2");
  scene = await createLabScene({ pods, onLinkPods: true });
});
afterAll(async () => scene[Symbol.asyncDispose]());

const onOutside = async (...command: readonly string[]): Promise<string> =>
  (await run(scene.lab.outside(command))).stdout;
const onNode = async (node: string, ...command: readonly string[]): Promise<string> =>
  (await run(scene.lab.onNode(node, command))).stdout;

/** The MAC address of a node on the underlay. */
async function macOf(node: string): Promise<string | undefined> {
  const shown = await onNode(node, "ip", "-o", "link", "show", "dev", "eth0");
  return /link\/ether (\S+)/.exec(shown)?.[1];
}

/** The MAC address that the outside host knows for a pod. */
async function known(address: IpAddress): Promise<string | undefined> {
  const family = `-${String(ipFamily(address))}`;
  const shown = await onOutside("ip", family, "neigh", "show", "to", address, "dev", "eth0");
  return /lladdr (\S+)/.exec(shown)?.[1];
}

async function dialFromOutside(address: IpAddress): Promise<string> {
  const outside = scene.lab.probes().find(({ name }) => name === "outside");
  return await dialOnce(outside?.control ?? "", address, "tcp");
}

/** The group of the pod's solicitations, as /proc/net/igmp6 has it. */
function groupOf(address: IpAddress): string {
  const last = address.split(":").at(-1) ?? "";
  return `ff0200000000000000000001ff00${last.padStart(4, "0")}`;
}

describe("a pod of a node that answers for its pods", () => {
  it.each(ipFamilies)("is reached from a host without routes, over IPv%i", async (family) => {
    expect(await onOutside("ip", `-${String(family)}`, "route")).not.toMatch(
      /(10\.244|fd00).* via /,
    );
    const outside = scene.lab.probes().find(({ name }) => name === "outside");
    if (outside === undefined) throw new Error("there is no outside host");
    for (const [pod, node] of [
      ["default/a1", "node-1"],
      ["default/b1", "node-2"],
      ["default/b2", "node-2"],
    ] as const) {
      const address = scene.address(pod, family);
      expect(await dialFromOutside(address)).toBe(addressOf(outside, family));
      expect(await known(address)).toBe(await macOf(node));
    }
  });

  it("is a member of its group by its node, and the node says what it does", async () => {
    const agent = createAgentClient(agentSocketOf(scene, "node-1"));
    const { parts } = await agent.status();
    expect(parts["neighbours"]).toEqual({
      level: "ok",
      message: expect.stringContaining("are in place"),
    });
    const groups = await onNode("node-1", "cat", "/proc/net/igmp6");
    expect(groups).toContain(groupOf(scene.address("default/a1", 6)));
    const counters = await onNode("node-1", "heddle", "bpf", "dump", "counters");
    expect(counters).toMatch(/fromNet.*answered/);
  });

  it.each(ipFamilies)("is found while no agent runs, over IPv%i", async (family) => {
    const { lab } = scene;
    const address = scene.address("default/a1", family);
    process.kill(await agentPid(lab, "node-1"), "SIGKILL");
    await waitUntil("the agent to be gone", async () => (await agentPid(lab, "node-1")) === 0);
    await onOutside("ip", "neigh", "flush", "dev", "eth0");
    await onOutside("ip", "-6", "neigh", "flush", "dev", "eth0");
    expect(await dialFromOutside(address)).not.toContain(" ");
    const show = ["ip", "neigh", "show", "proxy"];
    const before = await onNode("node-1", ...show);
    await lab.restartAgent("node-1");
    expect(await onNode("node-1", ...show)).toBe(before);
  });

  it("has no answer any more when it is gone, and its group is left", async () => {
    const { lab, manifest } = scene;
    const address = scene.address("default/b2", 6);
    await lab.delete([manifest(serverPod("b2", "node-2"))]);
    await waitUntil("the group to be left", async () => {
      const groups = await onNode("node-2", "cat", "/proc/net/igmp6");
      return !groups.includes(groupOf(address));
    });
    await onOutside("ip", "-6", "neigh", "flush", "dev", "eth0");
    expect(await dialFromOutside(address)).toContain(" ");
    expect(await known(address)).toBeUndefined();
  });
});
