import type { HealthLevel, IpAddress, IpPrefix } from "@heddle/contracts";
import type { Applied } from "./apply.ts";
import type { LabImpairment } from "./impair/impair-lab.ts";
import type { ImpairedDirection, Impairment } from "./impair/impairment.ts";

/** How a node of a lab is. */
export interface LabNodeStatus {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly podPrefixes: readonly IpPrefix[];
  readonly pods: number;
  /** Those of them that have not been started; another `apply` of their files does. */
  readonly pending: number;
  /** The process of its agent; undefined when it does not run. */
  readonly agentPid: number | undefined;
  /** Whether the agent has started completely. */
  readonly ready: boolean;
  /** The worst of the agent's parts; undefined when it does not answer. */
  readonly health: HealthLevel | undefined;
  readonly netns: string;
}

/** How a pod of a lab is. */
export interface LabPodStatus {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** `Pending` until it has been started; `Exited` when a container's process has ended. */
  readonly phase: "Pending" | "Running" | "Exited";
  readonly addresses: readonly IpAddress[];
  readonly netns: string;
  /** The control socket of the pod's built-in server, if it has one. */
  readonly control: string | undefined;
}

/** How to run a program inside a lab. */
export interface LabCommand {
  /** The command line. */
  readonly command: readonly string[];
  /** What is added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A lab that is up. */
export interface Lab {
  readonly name: string;
  readonly nodes: readonly string[];
  /** @throws {LabError} `not-root` */
  status(): Promise<readonly LabNodeStatus[]>;
  pods(): readonly LabPodStatus[];
  /**
   * Adds what files ask for, and starts what an earlier attempt has not; pods that they do not mention stay.
   *
   * @throws {LabError} `bad-manifest`, `busy`, `not-root`, `not-ready`, `process-failed`
   */
  apply(manifests: readonly string[]): Promise<Applied>;
  /** Takes away what files ask for, and gives the pods that went. */
  delete(manifests: readonly string[]): Promise<readonly string[]>;
  /** How to run a program in a pod: `NAMESPACE/NAME`, or `NAME` in the namespace `default`. */
  inPod(pod: string, command: readonly string[]): LabCommand;
  /** How to run a program on a node; `heddle` then talks to that node's agent. */
  onNode(node: string, command: readonly string[]): LabCommand;
  /** How to run a program on the host outside of the cluster. */
  outside(command: readonly string[]): LabCommand;
  /** The file that a node's agent, or a container, writes its output to. */
  logFile(nodeOrPod: string, container?: string): string;
  /** Stops a node's agent. What it attached stays. */
  stopAgent(node: string): Promise<void>;
  /** Starts a node's agent, after stopping the one that runs; resolves when it is ready. */
  restartAgent(node: string): Promise<void>;
  /**
   * Makes a link lose, repeat, reorder or delay packets, from its next packet on: all links of `HOST`, or the one of
   * `HOST/DEVICE`. While anything is impaired, the hosts of the lab send packets as they go over a wire.
   *
   * @param directions what the host sends, what it gets, or both if they are not given
   * @throws {LabError} `bad-option`, `no-such-link`, `busy`, `not-root`, `process-failed`
   */
  impair(
    target: string,
    impairment: Impairment,
    directions?: readonly ImpairedDirection[],
  ): Promise<void>;
  /** Takes that away again. */
  unimpair(target: string, directions?: readonly ImpairedDirection[]): Promise<void>;
  /** What is impaired, and what became of its packets. */
  impairments(): Promise<readonly LabImpairment[]>;
  /** Everybody who has a built-in server, with the socket that it is told by. */
  probes(): readonly LabProbe[];
}

/** Somebody in the lab who can be asked to try to reach others. */
export interface LabProbe {
  /** `NAMESPACE/POD`, `node-1` or `outside`. */
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  /** The node that it is on; undefined for the outside host. */
  readonly node: string | undefined;
  /** Unix socket of its control interface. */
  readonly control: string;
}
