import { execFileSync } from "node:child_process";
import type { IpFamily } from "@heddle/contracts";
import {
  defaultPort,
  type Lab,
  labDown,
  LabError,
  type LabErrorCode,
  labUp,
  openLab,
} from "@heddle/lab";
import { askDial } from "./ask-dial.ts";
import { drawMatrix, type Style } from "./draw.ts";
import { Matrix } from "./matrix.ts";
import type { Screen } from "./screen.ts";

export interface DemoOptions {
  readonly name: string;
  readonly nodes: number;
  readonly families: readonly IpFamily[];
  readonly manifests: string;
  /** The command line that runs `heddle`. */
  readonly heddle: readonly string[];
  /** Whether the lab stays up, once it has been shown. */
  readonly keep: boolean;
  /** Ends the demo early, with the signal's reason. */
  readonly stop: AbortSignal;
}

/** What is tried, one after the other: the first of each kind is decided by the slow path. */
const rounds = ["tcp", "udp", "tcp", "udp"] as const;

/** Runs the demo, and tells whether everybody reached everybody. Whatever happens, the lab is taken down. */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  style: Style,
): Promise<boolean> {
  const { name, heddle } = options;
  let isKept = false;
  await bringUp(options, screen, style);
  try {
    const lab = openLab(name, heddle);
    const matrix = await fillMatrix(lab, options, screen, style);
    showPrograms(lab, screen, style);
    const succeeded = conclude(matrix, screen, style);
    options.stop.throwIfAborted();
    isKept = options.keep;
    return succeeded;
  } finally {
    if (isKept) screen.say(keptHint(name));
    else await takeDown(name);
  }
}

async function bringUp(options: DemoOptions, screen: Screen, style: Style): Promise<void> {
  const { name, nodes, families, manifests, heddle } = options;
  const started = performance.now();
  screen.say(`Bringing up lab ${name}: ${String(nodes)} nodes and the pods of ${manifests} ...`);
  try {
    await labUp({ name, nodes, families, manifests: [manifests], heddle });
  } catch (error) {
    if (!(error instanceof LabError) || incomplete.has(error.code)) await takeDown(name);
    throw error;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  screen.say(style.good(`Up in ${seconds} s.`));
}

/** Somebody else may have been quicker. */
async function takeDown(name: string): Promise<void> {
  try {
    await labDown(name);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "no-such-lab") throw error;
  }
}

/** Of a lab that is there, but not as it should be; with others, there is none, or it is somebody else's. */
const incomplete: ReadonlySet<LabErrorCode> = new Set(["not-ready", "process-failed"]);

async function fillMatrix(
  lab: Lab,
  { families, stop }: DemoOptions,
  screen: Screen,
  style: Style,
): Promise<Matrix> {
  const matrix = new Matrix(lab.probes(), families);
  screen.say("");
  for (const [round, protocol] of rounds.entries()) {
    const progress = `round ${String(round + 1)} of ${String(rounds.length)}, ${protocol}`;
    for (const pair of matrix.pairs) {
      stop.throwIfAborted();
      const target = { host: pair.address, port: defaultPort, protocol };
      const result = await askDial(pair.from.control, target);
      matrix.note(pair, result.reached ? result.latency : result.error);
      screen.show([...drawMatrix(matrix, style), style.dim(progress)]);
    }
  }
  screen.settle();
  return matrix;
}

/** What is attached where, in the words of `heddle bpf progs`. */
function showPrograms(lab: Lab, screen: Screen, style: Style): void {
  for (const node of lab.nodes) {
    const { command, env } = lab.onNode(node, ["heddle", "bpf", "progs"]);
    const [program = "", ...args] = command;
    const output = execFileSync(program, args, { env: { ...process.env, ...env } });
    screen.say(style.bold(`Attached on ${node}:`));
    screen.say(output.toString());
  }
}

function conclude(matrix: Matrix, screen: Screen, style: Style): boolean {
  const unreached = matrix.unreached();
  const count = String(matrix.pairs.length);
  const tries = String(matrix.pairs.length * rounds.length);
  for (const { pair, reason } of unreached) {
    screen.say(
      style.bad(`${pair.from.name} did not reach ${pair.to.name} at ${pair.address}: ${reason}`),
    );
  }
  if (unreached.length > 0) {
    screen.say(style.bad(`${String(unreached.length)} of ${count} pairs failed.`));
    return false;
  }
  screen.say(style.good(`All ${count} pairs reached one another, ${tries} times out of ${tries}.`));
  return true;
}

function keptHint(name: string): string {
  return [
    "",
    "The lab stays up. Try:",
    `  npx heddle lab pods --name ${name}`,
    `  npx heddle lab node-exec --name ${name} node-1 -- heddle observe`,
    `  npx heddle lab down --name ${name}`,
  ].join("\n");
}
