import { fileURLToPath } from "node:url";
import type { Lab, LabAttachment, LabRouting } from "@heddle/lab";
import { type Command, InvalidArgumentError, Option } from "commander";
import { execute } from "./execute.ts";
import { fillImpairCommand } from "./lab-impair-command.ts";
import { formatApplied, formatNodes, formatPods, isWell } from "./lab-tables.ts";
import { addOutputOption, jsonDocument, type OutputOptions } from "./output-option.ts";
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
  readonly underlay?: string;
  readonly mtu: number;
  readonly nodeMtu: readonly string[];
  readonly links: number;
  readonly narrow?: number;
  readonly attachment: LabAttachment;
  readonly onLinkPods: boolean;
  readonly routing: LabRouting;
  readonly agentOption: readonly string[];
  readonly timeout: number;
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
  addImpair(lab, terminal);
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
        .choices(["direct", "geneve"])
        .default("direct"),
    )
    .addOption(
      new Option("--family <FAMILY>", "The families of pods' addresses.")
        .choices(["dual", "ipv4", "ipv6"])
        .default("dual"),
    )
    .addOption(
      new Option(
        "--underlay <FAMILY>",
        "The families of nodes' addresses (default: those of pods).",
      ).choices(["dual", "ipv4", "ipv6"]),
    )
    .option("--mtu <BYTES>", "The MTU of the networks between the hosts.", parseCount, 1500)
    .addOption(
      new Option("--node-mtu <NODE=BYTES...>", "The MTU of single nodes' devices.").default(
        [],
        "--mtu",
      ),
    )
    .option("--links <N>", "How many networks the hosts are on, 1 or 2.", parseCount, 1)
    .option(
      "--narrow <BYTES>",
      "Two halves of nodes, and routers with a link of this MTU between them.",
      parseCount,
    )
    .addOption(
      new Option("--attachment <KIND>", "How agents attach programs; auto is tcx if it can be.")
        .choices(["auto", "tcx", "clsact"])
        .default("auto"),
    )
    .option(
      "--on-link-pods",
      "Nodes answer for their pods on the underlay; nobody has routes.",
      false,
    )
    .addOption(
      new Option("--agent-option <NAME=VALUE...>", "More of the agents' configuration.").default(
        [],
        "none",
      ),
    )
    .option("--timeout <SECONDS>", "How long to wait for agents and pods.", parseCount, 30);
  addFilename(command, false).action(
    async ({
      name,
      nodes,
      attachment,
      onLinkPods,
      routing,
      agentOption,
      timeout,
      filename,
      output,
      ...network
    }: UpOptions) => {
      const { labUp, openLab, parseAgentOptions } = await import("@heddle/lab");
      const started = performance.now();
      await labUp({
        name,
        nodes,
        ...(await networkOptions(network)),
        attachment,
        onLinkPods,
        routing,
        agentOptions: parseAgentOptions(agentOption),
        timeout,
        manifests: filename,
        heddle,
      });
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

type NetworkOptions = Pick<
  UpOptions,
  "family" | "underlay" | "mtu" | "nodeMtu" | "links" | "narrow"
>;

/** What is not given is not kept either, so that the lab's own default counts. */
async function networkOptions({ family, underlay, mtu, nodeMtu, links, narrow }: NetworkOptions) {
  const { parseFamilies, parseNodeMtus } = await import("@heddle/lab");
  return {
    families: parseFamilies(family),
    ...(underlay === undefined ? {} : { underlay: parseFamilies(underlay, "underlay") }),
    mtu,
    nodeMtus: parseNodeMtus(nodeMtu),
    links,
    ...(narrow === undefined ? {} : { narrow }),
  };
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

function addImpair(lab: Command, terminal: Terminal): void {
  const command = printingCommand(
    lab,
    "impair",
    "Make a link lose, repeat, reorder or delay packets.",
  );
  fillImpairCommand(command, terminal, open);
}

async function open(name: string): Promise<Lab> {
  const { openLab } = await import("@heddle/lab");
  return openLab(name, heddle);
}

function parseCount(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a number.");
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? "" : "s"}`;
}
