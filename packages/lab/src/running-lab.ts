import {
  agentSocket,
  agentStatus,
  runningAgent,
  startAgent,
  stopAgent,
  untilAgentReady,
} from "./agents.ts";
import { type Applied, applyWanted, removeWanted } from "./apply.ts";
import { hostControl } from "./hosts.ts";
import { impair, type LabImpairment, listImpairments, unimpair } from "./impair/impair-lab.ts";
import type { ImpairedDirection, Impairment } from "./impair/impairment.ts";
import type { Lab, LabCommand, LabNodeStatus, LabPodStatus, LabProbe } from "./lab.ts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import { lockLab } from "./lab-lock.ts";
import { readManifests } from "./manifests.ts";
import { type HostPlan, netnsPath, type NodePlan } from "./plan.ts";
import { type PodRecord, podRecords } from "./pods.ts";
import { enter, isAlive } from "./processes.ts";
import { requireRoot } from "./require-root.ts";

/** A lab that is up, by its files and processes. */
export class RunningLab implements Lab {
  readonly #context: LabContext;

  constructor(context: LabContext) {
    this.#context = context;
  }

  get name(): string {
    return this.#context.plan.name;
  }

  get nodes(): readonly string[] {
    return this.#context.plan.nodes.map(({ name }) => name);
  }

  async status(): Promise<readonly LabNodeStatus[]> {
    const { plan } = this.#context;
    requireRoot("ask agents of lab", this.name);
    const records = [...podRecords(this.#context).values()];
    return Promise.all(
      plan.nodes.map(async ({ name, addresses, podPrefixes, netns }) => {
        const agent = runningAgent(this.#context, name);
        const own = records.filter(({ node }) => node === name);
        const status = agent && (await agentStatus(this.#context, name));
        return {
          name,
          addresses,
          podPrefixes,
          pods: own.length,
          pending: own.filter(({ containers }) => containers.length === 0).length,
          agentPid: agent?.pid,
          ready: status?.ready ?? false,
          health: status?.health,
          netns: netnsPath(netns),
        };
      }),
    );
  }

  pods(): readonly LabPodStatus[] {
    return Array.from(podRecords(this.#context).values(), (record) => {
      const [namespace = "", name = ""] = record.key.split("/");
      const { node, addresses, netns, containers } = record;
      const control = containers.find((container) => container.control !== undefined)?.control;
      return { namespace, name, node, phase: phaseOf(record), addresses, netns, control };
    });
  }

  async apply(manifests: readonly string[]): Promise<Applied> {
    requireRoot("change lab", this.name);
    using _lock = lockLab(this.#context.folder);
    return await applyWanted(this.#context, readManifests(manifests));
  }

  async delete(manifests: readonly string[]): Promise<readonly string[]> {
    requireRoot("change lab", this.name);
    using _lock = lockLab(this.#context.folder);
    return await removeWanted(this.#context, readManifests(manifests));
  }

  inPod(pod: string, command: readonly string[]): LabCommand {
    const { netns, containers } = this.#pod(pod);
    const alive = containers.find(({ process }) => isAlive(process));
    const uts = alive === undefined ? [] : [`--uts=/proc/${String(alive.process.pid)}/ns/uts`];
    return { command: ["nsenter", `--net=${netns}`, ...uts, "--", ...command], env: {} };
  }

  onNode(name: string, command: readonly string[]): LabCommand {
    const node = this.#node(name);
    const { folder } = this.#context;
    return {
      command: enter(netnsPath(node.netns), node.name, command),
      env: {
        HEDDLE_SOCKET: agentSocket(this.#context, node.name),
        HEDDLE_PIN_ROOT: folder.pinRoot(node.name),
        PATH: `${folder.bin}:${process.env["PATH"] ?? ""}`,
      },
    };
  }

  outside(command: readonly string[]): LabCommand {
    const { netns, name } = this.#context.plan.outside;
    return { command: enter(netnsPath(netns), name, command), env: {} };
  }

  logFile(nodeOrPod: string, container?: string): string {
    const { folder } = this.#context;
    if (this.nodes.includes(nodeOrPod)) return folder.node(nodeOrPod, "agent.log");
    const { key, containers } = this.#pod(nodeOrPod);
    const names = containers.map(({ name }) => name);
    const chosen = container ?? names[0];
    if (chosen !== undefined && names.includes(chosen)) return folder.pod(key, `${chosen}.log`);
    throw new LabError({
      code: "no-such-pod",
      operation: "find log of",
      subject: `container ${String(chosen)} of pod ${key}`,
      reason: names.length === 0 ? "the pod has not been started" : "there is no such container",
      hint: `there are ${names.join(", ")}`,
    });
  }

  async stopAgent(name: string): Promise<void> {
    const node = this.#node(name);
    requireRoot("stop agent of lab", this.name);
    await stopAgent(this.#context, node.name);
  }

  async restartAgent(name: string): Promise<void> {
    const node = this.#node(name);
    await this.stopAgent(name);
    await startAgent(this.#context, node);
    await untilAgentReady(this.#context, name);
  }

  async impair(
    target: string,
    impairment: Impairment,
    directions?: readonly ImpairedDirection[],
  ): Promise<void> {
    requireRoot("impair links of lab", this.name);
    using _lock = lockLab(this.#context.folder);
    await impair(this.#context, target, impairment, directions);
  }

  async unimpair(target: string, directions?: readonly ImpairedDirection[]): Promise<void> {
    requireRoot("impair links of lab", this.name);
    using _lock = lockLab(this.#context.folder);
    await unimpair(this.#context, target, directions);
  }

  async impairments(): Promise<readonly LabImpairment[]> {
    requireRoot("look at links of lab", this.name);
    return await listImpairments(this.#context);
  }

  probes(): readonly LabProbe[] {
    const { plan, folder } = this.#context;
    const probeOf = (host: HostPlan, node: string | undefined): LabProbe => ({
      name: host.name,
      addresses: host.addresses,
      node,
      control: hostControl(folder.root, host.name),
    });
    const pods = this.pods().flatMap(({ namespace, name, addresses, node, control }) =>
      control === undefined ? [] : [{ name: `${namespace}/${name}`, addresses, node, control }],
    );
    return [
      ...pods,
      ...plan.nodes.map((node) => probeOf(node, node.name)),
      probeOf(plan.outside, undefined),
    ];
  }

  #node(name: string): NodePlan {
    const node = this.#context.plan.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    throw new LabError({
      code: "no-such-node",
      operation: "find node",
      subject: name,
      reason: `lab ${this.name} does not have it`,
      hint: `it has ${this.nodes.join(", ")}`,
    });
  }

  #pod(name: string): PodRecord {
    const records = podRecords(this.#context);
    const record = records.get(name.includes("/") ? name : `default/${name}`);
    if (record !== undefined) return record;
    throw new LabError({
      code: "no-such-pod",
      operation: "find pod",
      subject: name,
      reason: `lab ${this.name} does not have it`,
      hint: records.size === 0 ? "it has no pods" : `it has ${[...records.keys()].join(", ")}`,
    });
  }
}

function phaseOf({ containers }: PodRecord): LabPodStatus["phase"] {
  if (containers.length === 0) return "Pending";
  return containers.every(({ process }) => isAlive(process)) ? "Running" : "Exited";
}
