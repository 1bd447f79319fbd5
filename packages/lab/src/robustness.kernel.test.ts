import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createAgentClient } from "@heddle/agent/client";
import { type IpAddress, ipFamilies } from "@heddle/contracts";
import { waitUntil } from "@heddle/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultPort } from "./index.ts";
import { dialAll } from "./testing/dial-all.ts";
import {
  agentPid,
  createLabScene,
  heddle,
  type LabSceneOptions,
  run,
  serverPod,
} from "./testing/lab-scene.ts";

let stack: AsyncDisposableStack;
beforeEach(() => (stack = new AsyncDisposableStack()));
afterEach(async () => stack.disposeAsync());

const scene = async (pods: string, options: Omit<LabSceneOptions, "pods"> = {}) =>
  stack.use(await createLabScene({ pods, ...options }));

function ping(target: string): readonly string[] {
  return ["ping", "-nq", "-i0.002", "-c2000", "-W1", target];
}

/** Asks a pod over one TCP connection, a request every 5 ms for 4 seconds, and tells how many answers came. */
function talk(target: IpAddress): readonly string[] {
  const script = `
    import { connect } from "node:net";
    import { setTimeout } from "node:timers/promises";
    const socket = connect(${String(defaultPort)}, ${JSON.stringify(target)});
    let received = "";
    const answers = () => received.split("HTTP/1.1 200 OK").length - 1;
    socket.setEncoding("latin1");
    socket.on("data", (text) => (received += text));
    for (let sent = 0; sent < 800 && !socket.destroyed; sent++) {
      socket.write("GET /hostname HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n");
      await setTimeout(5);
    }
    for (let left = 200; left > 0 && answers() < 800; left--) await setTimeout(10);
    console.log(answers() + " answers");
    socket.destroy();`;
  return [process.execPath, "--input-type=module", "-e", script];
}

describe("an agent that is killed, or stopped for another one, under traffic", () => {
  it.for<{ readonly name: string; readonly options: Omit<LabSceneOptions, "pods"> }>([
    { name: "by direct routing", options: { routing: "direct" } },
    { name: "through tunnels", options: { routing: "geneve" } },
    { name: "through tunnels over IPv6", options: { routing: "geneve", underlay: [6] } },
  ])("loses no packet $name, and the next one takes over what is there", async ({ options }) => {
    const { lab, address } = await scene(
      serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2"),
      options,
    );
    const before = lab.pods();
    // Within the node, to another node, and from the outside; 4 seconds of a packet every 2 ms.
    const streams = ipFamilies.flatMap((family) => [
      run(lab.inPod("a1", ping(address("default/a2", family)))),
      run(lab.inPod("a1", ping(address("default/b1", family)))),
      run(lab.outside(ping(address("default/a1", family)))),
    ]);
    const talks = ipFamilies.flatMap((family) => [
      run(lab.inPod("a1", talk(address("default/b1", family)))),
      run(lab.outside(talk(address("default/a1", family)))),
    ]);
    for (const node of ["node-1", "node-2"]) {
      process.kill(await agentPid(lab, node), "SIGKILL");
      await lab.restartAgent(node);
      await lab.stopAgent(node);
      await lab.restartAgent(node);
    }
    for (const { stdout } of await Promise.all(streams)) {
      expect(stdout).toContain("2000 packets transmitted, 2000 received, 0% packet loss");
    }
    for (const { stdout } of await Promise.all(talks)) expect(stdout).toBe("800 answers\n");
    expect(lab.pods()).toEqual(before);
    const results = await dialAll(lab.probes(), 6, "tcp");
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

describe("an agent that is stopped", () => {
  it("is silent to who asks how it is, and is taken down like others", async () => {
    const { lab } = await scene("");
    const pid = await agentPid(lab, "node-1");
    process.kill(pid, "SIGSTOP");
    expect(await lab.status()).toMatchObject([
      { name: "node-1", agentPid: pid, ready: false, health: undefined },
      { name: "node-2", ready: true, health: "ok" },
    ]);
    const { code, stderr } = await run(lab.onNode("node-1", ["heddle", "status"]));
    expect(code).toBe(1);
    expect(stderr).toContain("it did not answer in 5 s (its process is busy or stopped)");
  });
});

describe("an agent whose reader goes away", () => {
  it("goes on, and ends as it is told", async () => {
    const { lab, name } = await scene("");
    await lab.stopAgent("node-1");
    const config = `/run/heddle-lab/${name}/nodes/node-1/agent.yaml`;
    const { command, env } = lab.onNode("node-1", [...heddle, "agent", "--config", config]);
    const [program = "", ...args] = command;
    const agent = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(agent, "exit");
    const [line] = await once(agent.stderr, "data");
    expect(String(line)).toContain("INFO");
    agent.stderr.destroy();
    await once(agent.stderr, "close");
    const client = createAgentClient(`/run/heddle-lab/${name}/nodes/node-1/agent.sock`);
    await waitUntil("the agent to be ready", async () => {
      const status = await client.status().catch(() => undefined);
      return status?.ready;
    });
    agent.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
