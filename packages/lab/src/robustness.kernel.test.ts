import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgentClient } from "@heddle/agent/client";
import { ipFamilies } from "@heddle/contracts";
import { createNetns, deleteNetns, listNetns } from "@heddle/rtnetlink";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Lab, labDown, LabError, labNames, labUp, openLab } from "./index.ts";
import { dialAll } from "./testing/dial-all.ts";
import {
  agentSocketOf,
  createLabScene,
  heddle,
  type LabScene,
  run,
  serverPod,
} from "./testing/lab-scene.ts";

let stack: AsyncDisposableStack;
beforeEach(() => (stack = new AsyncDisposableStack()));
afterEach(async () => stack.disposeAsync());

const scene = async (pods: string): Promise<LabScene> => stack.use(await createLabScene({ pods }));

async function agentPid(lab: Lab, node: string): Promise<number> {
  const status = (await lab.status()).find(({ name }) => name === node);
  return status?.agentPid ?? 0;
}

async function failure(action: () => Promise<unknown>): Promise<LabError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function ping(target: string): readonly string[] {
  return ["ping", "-nq", "-i0.002", "-c2000", "-W1", target];
}

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

describe("an agent that is killed under traffic", () => {
  it("loses no packet, and the next one takes over what is there", async () => {
    const { lab, address } = await scene(
      serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2"),
    );
    const before = lab.pods();
    // Within the node, to another node, and from the outside; 4 seconds of a packet every 2 ms.
    const streams = ipFamilies.flatMap((family) => [
      run(lab.inPod("a1", ping(address("default/a2", family)))),
      run(lab.inPod("a1", ping(address("default/b1", family)))),
      run(lab.outside(ping(address("default/a1", family)))),
    ]);
    for (const node of ["node-1", "node-2"]) {
      process.kill(await agentPid(lab, node), "SIGKILL");
      await lab.restartAgent(node);
    }
    for (const { stdout } of await Promise.all(streams)) {
      expect(stdout).toContain("2000 packets transmitted, 2000 received, 0% packet loss");
    }
    expect(lab.pods()).toEqual(before);
    const results = await dialAll(lab.probes(), 4, "tcp");
    expect(results.filter(({ client }) => client.includes(" "))).toEqual([]);
  });

  it("leaves the devices, programs and addresses to the next one as they are", async () => {
    const { lab, name } = await scene(serverPod("a1", "node-1"));
    const devices = async (): Promise<string> => {
      const { stdout } = await run(
        lab.onNode("node-1", ["ip", "-br", "link", "show", "type", "veth"]),
      );
      return stdout;
    };
    const before = await devices();
    process.kill(await agentPid(lab, "node-1"), "SIGKILL");
    await lab.restartAgent("node-1");
    expect(await devices()).toBe(before);
    expect(before).toMatch(/^hd[0-9a-f]{12}@/m);
    expect(existsSync(`/sys/fs/bpf/heddle-lab/${name}/node-1/v1/maps/endpoints`)).toBe(true);
  });

  it("misses a pod that is added meanwhile, which the next one takes up", async () => {
    const { lab, manifest } = await scene(serverPod("a1", "node-1"));
    process.kill(await agentPid(lab, "node-1"), "SIGKILL");
    const applying = lab.apply([manifest(serverPod("late", "node-1"))]);
    await waitUntil("the pod to be asked for", () => lab.pods().length === 2);
    await lab.restartAgent("node-1");
    expect(await applying).toMatchObject({ created: ["default/late"] });
    const results = await dialAll(lab.probes(), 6, "udp");
    expect(results.filter(({ client }) => client.includes(" "))).toEqual([]);
  });

  it("misses a pod that is taken away meanwhile, which the next one forgets", async () => {
    const { lab, manifest } = await scene(serverPod("a1", "node-1"));
    const file = manifest(serverPod("gone", "node-1"));
    await lab.apply([file]);
    await lab.stopAgent("node-1");
    expect(await lab.delete([file])).toEqual(["default/gone"]);
    await lab.restartAgent("node-1");
    const routes = await run(lab.onNode("node-1", ["ip", "route", "show", "proto", "73"]));
    expect(routes.stdout.trim().split("\n")).toHaveLength(1);
  });
});

describe("a second agent", () => {
  it("for one node is refused, and told which process serves it", async () => {
    const { lab } = await scene(serverPod("a1", "node-1"));
    const pid = await agentPid(lab, "node-1");
    const second = [...heddle, "agent", "--objects", "/tmp", "--socket", "/tmp/heddle-second.sock"];
    const { code, stderr } = await run(lab.onNode("node-1", second));
    expect(code).toBe(1);
    expect(stderr).toContain("another agent serves this node");
    expect(stderr).toContain(`process ${String(pid)} of node node-1`);
  });
});

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

  it("with one address between them: the second is told whose it is", async () => {
    const addresses = '{ heddle.dev/addresses: "10.244.1.77" }';
    const made = await scene(serverPod("first", "node-1", addresses));
    const { lab, manifest } = made;
    const file = manifest(serverPod("second", "node-1", addresses));
    void lab.apply([file]).catch(() => undefined);
    const error = await waitUntil("the refusal", async () => {
      const rows = await createAgentClient(agentSocketOf(made, "node-1")).endpoints();
      return rows.find(({ pod }) => pod === "default/second")?.error;
    });
    expect(error).toContain("10.244.1.77");
    expect(error).toContain("default/first");
    const health = (await lab.status()).find(({ name }) => name === "node-1")?.health;
    expect(health).toBe("degraded");
  });
});

describe("labs", () => {
  it("are up with addresses that are in use, so that the first packet over IPv6 arrives", async () => {
    const { lab } = await scene(serverPod("a1", "node-1"));
    const addresses = ["ip", "-6", "-o", "address", "show", "dev", "eth0"];
    for (const command of [lab.onNode("node-1", addresses), lab.outside(addresses)]) {
      const { stdout } = await run(command);
      expect(stdout).toMatch(/ fe80:/);
      expect(stdout).not.toContain("tentative");
    }
  });

  it("stand side by side, and leave nothing", async () => {
    const first = await scene(serverPod("a1", "node-1"));
    const second = await scene(serverPod("a1", "node-1") + serverPod("b1", "node-2"));
    expect(labNames()).toEqual(expect.arrayContaining([first.name, second.name]));
    for (const { lab } of [first, second]) {
      const results = await dialAll(lab.probes(), 4, "tcp");
      expect(results.filter(({ client }) => client.includes(" "))).toEqual([]);
    }
    const pid = await agentPid(second.lab, "node-1");
    await labDown(first.name);
    expect(labNames()).not.toContain(first.name);
    expect(listNetns().filter(({ name }) => name.includes(first.name))).toEqual([]);
    expect(existsSync(`/sys/fs/bpf/heddle-lab/${first.name}`)).toBe(false);
    expect(await agentPid(second.lab, "node-1")).toBe(pid);
    // What is disposed of at the end is brought up once more.
    await labUp({ name: first.name, nodes: 1, families: [4], manifests: [], heddle });
    expect(openLab(first.name, heddle).nodes).toEqual(["node-1"]);
  });

  it.each([
    ["malformed YAML", "a: [", "bad-manifest", /\d+\.yaml:1:\d+: /],
    [
      "an unknown field",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, imagee: b}\n",
      "bad-manifest",
      /\.yaml:6:17: spec\.containers\[0\]\.imagee: unknown field \(did you mean `image`\?\)/,
    ],
    [
      "a pod on an unknown node",
      serverPod("x", "node-9"),
      "bad-manifest",
      /\.yaml:2:1: Pod default\/x: there is no node "node-9" \(the lab has node-1, node-2\)/,
    ],
    ["a pod twice", serverPod("x", "node-1").repeat(2), "bad-manifest", /default\/x/],
    [
      "a kind without use",
      "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}]}\n",
      "bad-manifest",
      /kind Service/,
    ],
  ])("are not brought up from %s", async (_name, text, code, message) => {
    const error = await failure(() =>
      createLabScene({ pods: text }).then((made) => stack.use(made)),
    );
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it("are not brought up from what is no text, or is not there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-lab-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const binary = join(folder, "binary.yaml");
    writeFileSync(binary, Uint8Array.of(0xff, 0xfe, 0x00));
    for (const [file, reason] of [
      [binary, "it is not UTF-8 text"],
      [join(folder, "missing.yaml"), "ENOENT"],
    ] as const) {
      const options = {
        name: "never",
        nodes: 1,
        families: [4],
        manifests: [file],
        heddle,
      } as const;
      const error = await failure(() => labUp(options));
      expect(error.code).toBe("bad-manifest");
      expect(error.message).toContain(`${file}: ${reason}`);
    }
    expect(labNames()).not.toContain("never");
  });

  it("are not brought up over a leftover namespace, which `down` removes", async () => {
    const name = `t${Date.now().toString(36)}`;
    const path = `/run/netns/heddle-${name}.node-1`;
    (await createNetns(path))[Symbol.dispose]();
    stack.defer(async () => void (await deleteNetns(path)));
    const error = await failure(() =>
      labUp({ name, nodes: 1, families: [4], manifests: [], heddle }),
    );
    expect(error.code).toBe("leftover");
    expect(error.message).toContain(path);
    expect(error.hint).toContain(`heddle lab down --name ${name}`);
    await labDown(name);
    expect(existsSync(path)).toBe(false);
    expect((await failure(() => labDown(name))).code).toBe("no-such-lab");
  });

  it("are not brought up twice", async () => {
    const { name } = await scene(serverPod("a1", "node-1"));
    const again = { name, nodes: 1, families: [4], manifests: [], heddle } as const;
    expect((await failure(() => labUp(again))).code).toBe("exists");
  });
});
