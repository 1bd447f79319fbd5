import { existsSync, mkdirSync } from "node:fs";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { IpAddress } from "@heddle/contracts";
import type { LabContext } from "./lab-context.ts";
import type { Pod } from "./manifests.ts";
import { isAlive, type ProcessRef, spawnDetached } from "./processes.ts";

/** A container's process. */
export interface ContainerProcess {
  readonly name: string;
  readonly process: ProcessRef;
  /** The Unix socket that the built-in server is told by; undefined for a command of the container's own. */
  readonly control: string | undefined;
}

/** A pod that has its network, and can be started. */
export interface StartablePod {
  readonly key: string;
  readonly pod: Pod;
  readonly node: string;
  /** Path of the network namespace that it runs in. */
  readonly netns: string;
  readonly addresses: readonly IpAddress[];
}

type Container = NonNullable<Pod["spec"]>["containers"][number];

/** The port of the built-in server where a container names none. */
export const defaultPort = 8080;

/**
 * Starts the containers of a pod: their commands, or the built-in server where there is no command. Resolves
 * when the servers listen.
 */
export async function startContainers(
  context: LabContext,
  pod: StartablePod,
): Promise<readonly ContainerProcess[]> {
  mkdirSync(context.folder.podFolder(pod.key), { recursive: true });
  const containers = pod.pod.spec?.containers ?? [];
  return Promise.all(containers.map((container) => startContainer(context, pod, container)));
}

async function startContainer(
  { folder }: LabContext,
  pod: StartablePod,
  container: Container,
): Promise<ContainerProcess> {
  const { name, command, args = [], workingDir } = container;
  const control = command === undefined ? folder.pod(pod.key, `${name}.sock`) : undefined;
  const process = await spawnDetached({
    command:
      control === undefined ? [...(command ?? []), ...args] : serverCommand(container, control),
    netns: pod.netns,
    hostname: pod.pod.spec?.hostname ?? pod.pod.metadata?.name,
    env: environmentOf(pod, container),
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
    log: folder.pod(pod.key, `${name}.log`),
  });
  if (control !== undefined) await untilListening(control, process);
  return { name, process, control };
}

function serverCommand({ ports = [] }: Container, control: string): readonly string[] {
  const port = String(defaultPort);
  const listening =
    ports.length === 0
      ? ["--tcp", port, "--udp", port]
      : ports.flatMap(({ containerPort, protocol = "TCP" }) => [
          protocol === "UDP" ? "--udp" : "--tcp",
          String(containerPort),
        ]);
  return [...probeServer(), "--control", control, ...listening];
}

/** Waits for a built-in server: it opens its control socket last. One that ended is waited for no longer. */
export async function untilListening(control: string, process: ProcessRef): Promise<void> {
  while (!existsSync(control) && isAlive(process)) await delay(interval);
}

/** Milliseconds between two looks at a server that starts. */
const interval = 5;

/** The command line of the built-in server, to which its options are added. It runs from source as from `dist`. */
export function probeServer(): readonly string[] {
  const main = new URL(`./probe/main${extname(import.meta.url)}`, import.meta.url);
  return [process.execPath, fileURLToPath(main)];
}

function environmentOf(pod: StartablePod, { env = [] }: Container): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [
      name,
      value ?? fieldOf(pod, valueFrom?.fieldRef?.fieldPath ?? ""),
    ]),
  );
}

/** The fields that the downward API has for environments and that mean something here. */
function fieldOf({ pod, node, addresses }: StartablePod, path: string): string {
  switch (path) {
    case "metadata.name":
      return pod.metadata?.name ?? "";
    case "metadata.namespace":
      return pod.metadata?.namespace ?? "default";
    case "spec.nodeName":
      return node;
    case "status.podIP":
      return addresses[0] ?? "";
    case "status.podIPs":
      return addresses.join(",");
    default:
      return "";
  }
}
