import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import type { Applied, Lab, LabCommand, LabNodeStatus, LabPodStatus } from "@heddle/lab";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
import { formatTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface LabOptions {
  readonly name: string;
}

interface ManifestOptions extends LabOptions {
  readonly filename: readonly string[];
}

interface UpOptions extends ManifestOptions, OutputOptions {
  readonly nodes: number;
  readonly family: string;
}

/** The command line that runs this very `heddle`. */
const heddle: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL("../bin/heddle.js", import.meta.url)),
];

/** `heddle lab`: a cluster of network namespaces on this machine. */
export function addLabCommand(program: Command, terminal: Terminal): void {
  const lab = program
    .command("lab")
    .summary("A cluster on this machine.")
    .description(
      "A cluster of network namespaces on this machine, whose nodes run the real agent.",
    );
  addUp(lab, terminal);
  addDown(lab, terminal);
  addStatus(lab, terminal);
  addPods(lab, terminal);
  addApply(lab, terminal);
  addDelete(lab, terminal);
  addExec(lab, terminal);
  addLogs(lab, terminal);
  addRestart(lab, terminal);
}

/** A command of `heddle lab`, with the option that says which lab. */
function labCommand(parent: Command, usage: string, summary: string, description: string): Command {
  return parent
    .command(usage)
    .summary(summary)
    .description(description)
    .option("--name <NAME>", "The lab's name.", "default");
}

/** A command that can print JSON. */
function printingCommand(parent: Command, name: string, summary: string): Command {
  return addOutputOption(labCommand(parent, name, summary, summary));
}

function addFilename(command: Command, isRequired: boolean): Command {
  const option = new Option(
    "-f, --filename <FILE|DIR...>",
    "Manifests: Pods, Deployments, Namespaces.",
  );
  return command.addOption(isRequired ? option.makeOptionMandatory() : option.default([], "none"));
}

function addUp(lab: Command, terminal: Terminal): void {
  const command = printingCommand(lab, "up", "Bring a lab up.")
    .option("--nodes <N>", "How many nodes.", parseCount, 2)
    .addOption(
      new Option("--routing <MODE>", "How nodes reach one another's pods.")
        .choices(["direct"])
        .default("direct"),
    )
    .addOption(
      new Option("--family <FAMILY>", "The families of addresses.")
        .choices(["dual", "ipv4", "ipv6"])
        .default("dual"),
    );
  addFilename(command, false).action(
    async ({ name, nodes, family, filename, output }: UpOptions) => {
      const { labUp, openLab, parseFamilies } = await import("@heddle/lab");
      const started = performance.now();
      await labUp({ name, nodes, families: parseFamilies(family), manifests: filename, heddle });
      const opened = openLab(name, heddle);
      if (output === "json") {
        terminal.out(jsonDocument({ name, nodes: await opened.status(), pods: opened.pods() }));
        return;
      }
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const size = `${count(nodes, "node")}, ${count(opened.pods().length, "pod")}`;
      terminal.out(`lab ${name} is up in ${seconds} s: ${size}`);
    },
  );
}

function addDown(lab: Command, terminal: Terminal): void {
  labCommand(
    lab,
    "down",
    "Take a lab down.",
    "Take a lab down: its processes, network namespaces, pins and files.",
  ).action(async ({ name }: LabOptions) => {
    const { labDown } = await import("@heddle/lab");
    await labDown(name);
    terminal.out(`lab ${name} is down`);
  });
}

function addStatus(lab: Command, terminal: Terminal): void {
  printingCommand(lab, "status", "Show the nodes of a lab.").action(
    async ({ name, output }: LabOptions & OutputOptions) => {
      const status = await (await open(name)).status();
      terminal.out(output === "json" ? jsonDocument(status) : formatNodes(status));
      if (!status.every(isWell)) terminal.exitCode = 1;
    },
  );
}

function addPods(lab: Command, terminal: Terminal): void {
  printingCommand(lab, "pods", "Show the pods of a lab.").action(
    async ({ name, output }: LabOptions & OutputOptions) => {
      const pods = (await open(name)).pods();
      terminal.out(output === "json" ? jsonDocument(pods) : formatPods(pods));
    },
  );
}

function addApply(lab: Command, terminal: Terminal): void {
  addFilename(printingCommand(lab, "apply", "Add what files ask for."), true).action(
    async ({ name, filename, output }: ManifestOptions & OutputOptions) => {
      const applied = await (await open(name)).apply(filename);
      terminal.out(output === "json" ? jsonDocument(applied) : formatApplied(applied));
    },
  );
}

function addDelete(lab: Command, terminal: Terminal): void {
  addFilename(printingCommand(lab, "delete", "Take away what files ask for."), true).action(
    async ({ name, filename, output }: ManifestOptions & OutputOptions) => {
      const removed = await (await open(name)).delete(filename);
      terminal.out(
        output === "json"
          ? jsonDocument({ removed })
          : formatApplied({ created: [], started: [], unchanged: [], removed }),
      );
    },
  );
}

function addExec(lab: Command, terminal: Terminal): void {
  const exec = (usage: string, summary: string, description: string) =>
    labCommand(lab, usage, summary, description);
  const asIn = "Its exit code is that of the program.";
  exec(
    "exec <POD> <COMMAND...>",
    "Run a program in a pod.",
    `Run a program in a pod, NAMESPACE/NAME or NAME. ${asIn}`,
  ).action(async (pod: string, command: string[], { name }: LabOptions) => {
    await execute((await open(name)).inPod(pod, command), terminal);
  });
  exec(
    "node-exec <NODE> <COMMAND...>",
    "Run a program on a node.",
    `Run a program on a node; \`heddle\` there talks to that node's agent. ${asIn}`,
  ).action(async (node: string, command: string[], { name }: LabOptions) => {
    await execute((await open(name)).onNode(node, command), terminal);
  });
  exec(
    "outside-exec <COMMAND...>",
    "Run a program on the host outside.",
    `Run a program on the host outside of the cluster. ${asIn}`,
  ).action(async (command: string[], { name }: LabOptions) => {
    await execute((await open(name)).outside(command), terminal);
  });
}

function addLogs(lab: Command, terminal: Terminal): void {
  labCommand(
    lab,
    "logs <NODE|POD>",
    "Print what an agent or a container wrote.",
    "Print what a node's agent, or a container of a pod, wrote.",
  )
    .option("-c, --container <NAME>", "A container of the pod (default: its first).")
    .option("-F, --follow", "Go on as more is written.")
    .action(
      async (
        target: string,
        { name, container, follow }: LabOptions & { container?: string; follow?: true },
      ) => {
        const file = (await open(name)).logFile(target, container);
        const command = ["tail", "-n", "+1", ...(follow === true ? ["-F"] : []), file];
        await execute({ command, env: {} }, terminal);
      },
    );
}

function addRestart(lab: Command, terminal: Terminal): void {
  labCommand(
    lab,
    "restart <NODE>",
    "Restart the agent of a node.",
    "Stop the agent of a node, if it runs, and start the next one. Pods go on meanwhile.",
  ).action(async (node: string, { name }: LabOptions) => {
    await (await open(name)).restartAgent(node);
    terminal.out(`the agent of ${node} is ready`);
  });
}

async function open(name: string): Promise<Lab> {
  const { openLab } = await import("@heddle/lab");
  return openLab(name, heddle);
}

/** Runs a program with this terminal as its own, and takes its exit code over. */
async function execute({ command, env }: LabCommand, terminal: Terminal): Promise<void> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
  process.on("SIGINT", leaveToProgram);
  try {
    const [code, signal]: [number | null, NodeJS.Signals | null] = exitOf(
      await once(child, "exit"),
    );
    terminal.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    process.off("SIGINT", leaveToProgram);
  }
}

/** Ctrl-C is the program's to handle; this process ends when the program does. */
function leaveToProgram(): void {}

function exitOf(event: readonly unknown[]): [number | null, NodeJS.Signals | null] {
  const [code, signal] = event;
  const name = Object.keys(constants.signals).find((key): key is NodeJS.Signals => key === signal);
  return [typeof code === "number" ? code : null, name ?? null];
}

function isWell({ ready, health, pending }: LabNodeStatus): boolean {
  return ready && health === "ok" && pending === 0;
}

function formatNodes(nodes: readonly LabNodeStatus[]): string {
  return formatTable(nodes, {
    node: ({ name }) => name,
    agent: stateOfAgent,
    health: ({ health }) => health,
    pid: ({ agentPid }) => agentPid,
    pods: ({ pods, pending }) =>
      pending === 0 ? pods : `${String(pods)}, ${String(pending)} pending`,
    addresses: ({ addresses }) => addresses.join(","),
    "pod prefixes": ({ podPrefixes }) => podPrefixes.join(","),
  });
}

function stateOfAgent({ agentPid, ready, health }: LabNodeStatus): string {
  if (agentPid === undefined) return "stopped";
  if (health === undefined) return "silent";
  return ready ? "ready" : "starting";
}

function formatPods(pods: readonly LabPodStatus[]): string {
  return formatTable(pods, {
    namespace: ({ namespace }) => namespace,
    name: ({ name }) => name,
    phase: ({ phase }) => phase,
    node: ({ node }) => node,
    addresses: ({ addresses }) => addresses.join(","),
  });
}

function formatApplied({ created, started, unchanged, removed }: Applied): string {
  const lines = [
    ...created.map((pod) => `pod ${pod} created`),
    ...started.map((pod) => `pod ${pod} started`),
    ...unchanged.map((pod) => `pod ${pod} unchanged`),
    ...removed.map((pod) => `pod ${pod} deleted`),
  ];
  return lines.length === 0 ? "nothing to do" : lines.join("\n");
}

function parseCount(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a number.");
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
