import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { createAgentClient } from "@heddle/agent/client";
import { type IpAddress, ipFamilies } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labDown } from "./index.ts";
import { dialAll } from "./testing/dial-all.ts";
import {
  agentSocketOf,
  applyElsewhere,
  commandPod,
  createLabScene,
  failure,
  heddle,
  type LabScene,
  run,
  serverPod,
} from "./testing/lab-scene.ts";
import { processesNaming } from "./testing/traces.ts";

let stack: AsyncDisposableStack;
beforeEach(() => (stack = new AsyncDisposableStack()));
afterEach(async () => stack.disposeAsync());

const scene = async (pods: string): Promise<LabScene> => stack.use(await createLabScene({ pods }));

function deployment(replicas: number): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${String(replicas)}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: server, image: stand-in }] }
`;
}

/** A time to sleep that nobody else sleeps for. */
function seconds(): string {
  return `1000.${String(randomInt(1e9))}`;
}

function isSleeping(time: string): boolean {
  return processesNaming(`: sleep ${time}`).length > 0;
}

describe("pods", () => {
  it("come and go as files say", async () => {
    const { lab, manifest } = await scene(deployment(2));
    const places = new Set(lab.pods().map(({ node }) => node));
    expect(places).toEqual(new Set(["node-1", "node-2"]));
    const more = await lab.apply([manifest(deployment(3))]);
    expect(more).toMatchObject({ created: [expect.any(String)], removed: [] });
    expect(more.unchanged).toHaveLength(2);
    const less = await lab.apply([manifest(deployment(1))]);
    expect(less.removed).toHaveLength(2);
    expect(lab.pods()).toHaveLength(1);
    expect(await lab.delete([manifest(deployment(1))])).toHaveLength(1);
    expect(lab.pods()).toEqual([]);
  });

  it("run commands of this machine, with their environment, or stay on the host's network", async () => {
    const { lab } = await scene(`
apiVersion: v1
kind: Pod
metadata: { name: job, namespace: batch }
spec:
  nodeName: node-2
  containers:
    - name: main
      image: stand-in
      command: [sh, -c, 'echo "$GREETING from $POD at $ADDRESS on $(cat /proc/sys/kernel/hostname)"; sleep 1000']
      env:
        - { name: GREETING, value: hello }
        - { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: ADDRESS, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
---
apiVersion: v1
kind: Pod
metadata: { name: host, namespace: batch }
spec:
  nodeName: node-2
  hostNetwork: true
  containers: [{ name: main, image: stand-in, ports: [{ containerPort: 9000 }] }]
`);
    await expect
      .poll(() => readFileSync(lab.logFile("batch/job"), "utf8"))
      .toBe("hello from job at 10.244.2.1 on job\n");
    expect(lab.pods()).toMatchObject([
      { name: "host", phase: "Running", addresses: ["192.0.2.2", "2001:db8::2"] },
      { name: "job", phase: "Running", addresses: ["10.244.2.1", "fd00:10:244:2::1"] },
    ]);
  });

  it("take their connections with them when they go, and no others", async () => {
    const { lab, manifest, address } = await scene(
      serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2"),
    );
    const file = manifest(serverPod("gone", "node-1"));
    await lab.apply([file]);
    const gone = ipFamilies.map((family) => address("default/gone", family));
    const stays = ipFamilies.map((family) => address("default/a1", family));
    for (const family of ipFamilies) await dialAll(lab.probes(), family, "tcp");
    const known = async (addresses: readonly IpAddress[]): Promise<readonly boolean[]> => {
      const { stdout } = await run(lab.onNode("node-1", [...heddle, "bpf", "dump", "connections"]));
      const ends = stdout.matchAll(/^address=(\S+)/gm).flatMap(([, pair = ""]) => pair.split(","));
      const all = new Set(ends);
      return addresses.map((each) => all.has(each));
    };
    expect(await known([...gone, ...stays])).toEqual([true, true, true, true]);
    await lab.delete([file]);
    expect(await known([...gone, ...stays])).toEqual([false, false, true, true]);
  });

  it("can be looked at while another command takes them away", async () => {
    const { lab, manifest, name } = await scene(deployment(6));
    const [program, ...args] = [...heddle, "lab", "delete", "--name", name, "-f"];
    const deleting = spawn(program, [...args, manifest(deployment(6))], { stdio: "ignore" });
    const ended = once(deleting, "exit");
    while (lab.pods().length > 0) await setImmediate();
    expect(await ended).toEqual([0, null]);
  });

  it.each([
    ["its own network", "pod", false],
    ["the host's network", "host", true],
  ])("with %s leave no process when they go", async (_network, name, hostNetwork) => {
    const { lab, manifest } = await scene(serverPod("a1", "node-1"));
    const [child, late] = [seconds(), seconds()];
    // One child that is not told, and one that is started while everybody is told to end.
    const script = `trap 'sleep ${late} & exit' TERM; sleep ${child} & wait`;
    const file = manifest(commandPod(name, script, hostNetwork));
    await lab.apply([file]);
    await waitUntil("the child", () => isSleeping(child));
    expect(await lab.delete([file])).toEqual([`default/${name}`]);
    expect([child, late].filter(isSleeping)).toEqual([]);
  });

  it("with one address between them: the second is told whose it is, and waits", async () => {
    const addresses = '{ heddle.dev/addresses: "10.244.1.77" }';
    const made = await scene(serverPod("first", "node-1", addresses));
    const { lab, manifest, name } = made;
    const file = manifest(serverPod("second", "node-1", addresses));
    await using applying = applyElsewhere(name, file);
    const error = await waitUntil("the refusal", async () => {
      const rows = await createAgentClient(agentSocketOf(made, "node-1")).endpoints();
      return rows.find(({ pod }) => pod === "default/second")?.error;
    });
    expect(error).toContain("10.244.1.77");
    expect(error).toContain("default/first");
    const health = (await lab.status()).find((node) => node.name === "node-1")?.health;
    expect(health).toBe("degraded");
    // What changes the lab has it for itself until its end.
    const changes = [() => lab.apply([file]), () => lab.delete([file]), () => labDown(name)];
    for (const change of changes) {
      const { code, message } = await failure(change);
      expect([code, message]).toEqual([
        "busy",
        expect.stringContaining(`process ${String(applying.pid)}`),
      ]);
    }
  });
});
