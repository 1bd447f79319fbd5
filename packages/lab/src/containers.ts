import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { IpAddress } from "@heddle/contracts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import type { Pod } from "./manifests.ts";
import { isAlive, isEntering, type ProcessRef, spawnDetached } from "./processes.ts";
import { endSessions } from "./teardown.ts";

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

/** Milliseconds in which a command that ends with a failure has failed to start. */
const settling = 100;

/**
 * Starts the containers of a pod: their commands, or the built-in server where there is no command. Resolves
 * when the servers listen and the commands run, or have ended with 0. Starts all or, in the end, none.
 *
 * @throws {LabError} `process-failed`
 */
export async function startContainers(
  context: LabContext,
  pod: StartablePod,
): Promise<readonly ContainerProcess[]> {
  mkdirSync(context.folder.podFolder(pod.key), { recursive: true });
  mkdirSync(dirname(context.folder.control("", "")), { recursive: true });
  const spawned: ProcessRef[] = [];
  const containers = pod.pod.spec?.containers ?? [];
  const results = await Promise.allSettled(
    containers.map((container) => startContainer(context, pod, container, spawned)),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await endSessions(spawned, pod.netns);
    throw failed.reason;
  }
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

async function startContainer(
  { folder }: LabContext,
  pod: StartablePod,
  container: Container,
  spawned: ProcessRef[],
): Promise<ContainerProcess> {
  const { name, command, args = [], workingDir } = container;
  const control = command === undefined ? folder.control(pod.key, name) : undefined;
  // An earlier attempt may have left it.
  if (control !== undefined) rmSync(control, { force: true });
  const log = folder.pod(pod.key, `${name}.log`);
  // What it writes comes after what earlier attempts wrote.
  const before = existsSync(log) ? readFileSync(log, "utf8") : "";
  const child = await spawnDetached({
    command:
      control === undefined ? [...(command ?? []), ...args] : serverCommand(container, control),
    netns: pod.netns,
    hostname: pod.pod.spec?.hostname ?? pod.pod.metadata?.name,
    env: environmentOf(pod, container),
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
    log,
  });
  const { ref: process } = child;
  spawned.push(process);
  if (control === undefined) await untilSettled(process);
  else await untilListening(control, process);
  if (!isAlive(process)) {
    const end = await child.ended();
    const output = readFileSync(log, "utf8").slice(before.length);
    if (end !== "code 0") throw failedAtOnce(`container ${name} of pod ${pod.key}`, end, output);
  }
  return { name, process, control };
}

/** Waits until the command itself runs, and then some, so that it can fail. */
async function untilSettled(process: ProcessRef): Promise<void> {
  while (isEntering(process)) await delay(interval);
  const deadline = performance.now() + settling;
  while (isAlive(process) && performance.now() < deadline) await delay(interval);
}

function failedAtOnce(container: string, end: string, output: string): LabError {
  const lines = output.trim().split("\n").slice(-3).join("\n");
  return new LabError({
    code: "process-failed",
    operation: "start",
    subject: container,
    reason: `it ended at once with ${end}${lines === "" ? "" : `: ${lines}`}`,
    hint: "heddle lab apply -f starts it again",
  });
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
