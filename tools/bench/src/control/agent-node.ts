import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type AgentClient, annotations, createAgentClient } from "@heddle/agent/client";
import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { formatManifest } from "@heddle/kube-source";
import { createPinFolder, createTestNetns, joinNetns, type TestNetns } from "@heddle/testing";
import type { Own } from "./measurement.ts";

/** A node in a network namespace of its own, with a folder of objects, whose agent runs as it does on a node. */
export class AgentNode {
  readonly netns: TestNetns;
  readonly client: AgentClient;
  readonly #folder: string;
  readonly #pinRoot: string;
  readonly #config: string;
  readonly #own: Own;

  private constructor(netns: TestNetns, folder: string, pinRoot: string, own: Own) {
    this.netns = netns;
    this.#folder = folder;
    this.#pinRoot = pinRoot;
    this.#own = own;
    this.#config = join(folder, "agent.conf");
    const socket = join(folder, "agent.sock");
    this.client = createAgentClient(socket);
    const options = { nodeName, objects: folder, socket, pinRoot, logFormat: "json" };
    writeFileSync(this.#config, JSON.stringify(options));
  }

  /** Whether every pod's device has tcx links, which come a while after it was connected. */
  isSettled(): boolean {
    return readdirSync(join(this.#pinRoot, "v1", "filters")).length === 0;
  }

  /** @param own takes all that is made */
  static async create(own: Own): Promise<AgentNode> {
    const netns = await own(createTestNetns("node"));
    const network = await own(createTestNetns("net"));
    const { near: device } = await joinNetns(
      { netns, device: "eth0" },
      { netns: network, device: "eth0" },
    );
    const { addresses } = netns.rtnetlink;
    await addresses.add({ device, address: parseIpv4("192.0.2.1"), prefixLength: 24 });
    await addresses.add({
      device,
      address: parseIpv6("2001:db8::1"),
      prefixLength: 64,
      flags: ["nodad"],
    });
    const { path: pinRoot } = await own(createPinFolder());
    const folder = mkdtempSync(join(tmpdir(), "hdt-agent-"));
    await own({
      [Symbol.dispose]: () => {
        rmSync(folder, { recursive: true });
      },
    });
    const node = new AgentNode(netns, folder, pinRoot, own);
    node.#write("node.yaml", nodeManifest);
    return node;
  }

  /** Starts the agent; resolves when it is ready. */
  async start(): Promise<RunningAgent> {
    const [program, ...args] = [...heddle, "agent", "--config", this.#config];
    const started = performance.now();
    const child = await this.#spawn([program, ...args], ["ignore", "ignore", "pipe"]);
    const agent = new RunningAgent(child);
    await agent.ready();
    return Object.assign(agent, { readyAfter: performance.now() - started });
  }

  /** Asks for a pod, as a scheduler and a container runtime do: by its manifest. */
  addPod(name: string, netns: string, addresses: readonly string[]): void {
    const asked = { [annotations.netns]: netns, [annotations.addresses]: addresses.join(",") };
    const metadata = { name, namespace: "default", annotations: asked };
    const spec = { nodeName, containers: [{ name: "main", image: "stand-in" }] };
    this.#write(`${name}.yaml`, formatManifest("Pod", { metadata, spec }));
  }

  deletePod(name: string): void {
    rmSync(join(this.#folder, `${name}.yaml`));
  }

  /** Who asks pods for an answer, on the node. */
  async startProber(): Promise<Prober> {
    const main = fileURLToPath(new URL("prober.ts", import.meta.url));
    return new Prober(
      await this.#spawn([process.execPath, main], ["ignore", "ignore", "inherit", "ipc"]),
    );
  }

  async #spawn(
    command: readonly string[],
    stdio: ("ignore" | "pipe" | "inherit" | "ipc")[],
  ): Promise<ChildProcess> {
    const child = spawn("nsenter", [`--net=${this.netns.path}`, "--", ...command], { stdio });
    await this.#own({ [Symbol.asyncDispose]: () => end(child) });
    return child;
  }

  #write(name: string, text: string): void {
    const unfinished = join(this.#folder, ".unfinished");
    writeFileSync(unfinished, text);
    renameSync(unfinished, join(this.#folder, name));
  }
}

const nodeName = "node-1";

const nodeManifest = formatManifest("Node", {
  metadata: { name: nodeName },
  spec: { podCIDRs: ["10.244.0.0/16", "fd00:10:244::/64"] },
  status: {
    addresses: [
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "InternalIP", address: "2001:db8::1" },
    ],
  },
});

/** The command line of `heddle` in this repository. */
const heddle = [
  process.execPath,
  fileURLToPath(new URL("../../../../packages/cli/bin/heddle.js", import.meta.url)),
] as const;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

/** An agent as a process. */
export class RunningAgent {
  /** Milliseconds from its start until it was ready. */
  readonly readyAfter: number = 0;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  async ready(): Promise<void> {
    const { stderr } = this.#child;
    if (stderr === null) throw new Error("the agent's log is not read");
    const log: string[] = [];
    for await (const line of createInterface({ input: stderr })) {
      if (line.includes('"agent ready"')) {
        stderr.resume();
        return;
      }
      log.push(line);
    }
    throw new Error(`the agent ended: ${log.join("\n")}`);
  }

  /** Resident bytes. */
  residentMemory(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** Milliseconds that all its threads have been on a CPU. */
  cpuTime(): number {
    const tasks = `/proc/${this.#pid}/task`;
    const times = readdirSync(tasks).map((task) =>
      Number(readFileSync(join(tasks, task, "schedstat"), "utf8").split(" ")[0]),
    );
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  }

  async stop(): Promise<void> {
    await end(this.#child);
  }

  get #pid(): string {
    return String(this.#child.pid);
  }
}

/** Tells when somebody answered. */
export class Prober {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** When the first answer came, in nanoseconds of the clock of `process.hrtime`. */
  async untilAnswer(address: string): Promise<bigint> {
    const { promise, resolve } = Promise.withResolvers<bigint>();
    const listen = (message: unknown): void => {
      if (!isAnswer(message) || message.address !== address) return;
      this.#child.off("message", listen);
      resolve(BigInt(message.time));
    };
    this.#child.on("message", listen);
    this.#child.send(address);
    return await promise;
  }
}

interface Answer {
  readonly address: string;
  readonly time: string;
}

function isAnswer(message: unknown): message is Answer {
  return (
    typeof message === "object" && message !== null && "address" in message && "time" in message
  );
}
