import { ipFamilies } from "@heddle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialAll, seenAddress } from "./testing/dial-all.ts";
import {
  agentPid,
  createLabScene,
  heddle,
  type LabScene,
  run,
  serverPod,
} from "./testing/lab-scene.ts";

// What kernels from 6.1 to 6.5 get, also where the kernel has more.
let scene: LabScene;
beforeAll(async () => {
  const pods = serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2");
  scene = await createLabScene({ pods, attachment: "clsact" });
});
afterAll(async () => scene[Symbol.asyncDispose]());

/** Lets everybody dial everybody, and gives what did not arrive with the address that it leaves with. */
async function unreached(): Promise<readonly unknown[]> {
  const probes = scene.lab.probes();
  const missing: unknown[] = [];
  for (const family of ipFamilies) {
    const expected = new Map(
      probes.flatMap((from) =>
        probes.map((to) => [`${from.name} ${to.name}`, seenAddress(from, to, family, probes)]),
      ),
    );
    for (const protocol of ["tcp", "udp"] as const) {
      const results = await dialAll(probes, family, protocol);
      expect(results).toHaveLength(probes.length * (probes.length - 1));
      missing.push(
        ...results.filter(({ from, to, client }) => client !== expected.get(`${from} ${to}`)),
      );
    }
  }
  return missing;
}

/** What is attached on a node: by what, which program and where, as `heddle` tells it. */
async function programs(node: string): Promise<readonly string[]> {
  const command = [...heddle, "bpf", "progs", "--output", "json"];
  const { stdout } = await run(scene.lab.onNode(node, command));
  const rows: readonly Record<string, unknown>[] = JSON.parse(stdout);
  return rows.map(({ kind, name, hook }) => `${String(kind)} ${String(name)} ${String(hook)}`);
}

describe("programs that are attached as filters of traffic control", () => {
  it("let everybody reach everybody", async () => {
    expect(await unreached()).toEqual([]);
  });

  it("are all that there is", async () => {
    const ofPod = ["clsact from_pod ingress", "clsact to_pod egress"];
    const ofNode = ["clsact from_net ingress", "clsact to_net egress"];
    expect((await programs("node-1")).toSorted()).toEqual(
      [...ofPod, ...ofPod, ...ofNode].toSorted(),
    );
  });

  it("go on without their agent, and the next one takes them over under traffic", async () => {
    const ping = ["ping", "-nq", "-i0.002", "-c2000", "-W1"];
    const streams = ipFamilies.map((family) =>
      run(scene.lab.inPod("a1", [...ping, scene.address("default/b1", family)])),
    );
    process.kill(await agentPid(scene.lab, "node-1"), "SIGKILL");
    await scene.lab.restartAgent("node-1");
    for (const { stdout } of await Promise.all(streams)) {
      expect(stdout).toContain("2000 packets transmitted, 2000 received, 0% packet loss");
    }
    expect(await programs("node-1")).toHaveLength(6);
    expect(await unreached()).toEqual([]);
  });
});
