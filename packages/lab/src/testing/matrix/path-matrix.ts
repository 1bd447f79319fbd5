import { type IpFamily, ipFamilies } from "@heddle/contracts";
import { createLabScene, type LabScene, run, serverPod } from "../lab-scene.ts";
import { type EndName, endsOf, isAcross, type Pair, pairs } from "./ends.ts";
import { type KindRow, kinds, type Trial } from "./kinds.ts";
import { isOutward, missingFeature, type Mode } from "./modes.ts";

/** What came of one cell: nothing to say, a problem, or what is missing for it to be tried. */
export interface Cell {
  readonly mode: string;
  readonly kind: string;
  readonly pair: string;
  readonly family: IpFamily;
  readonly problem: string | undefined;
  readonly missing: string | undefined;
}

/** Of the network, and of the link in the middle of a lab that has one: a tunnel leaves what IPv6 needs (1280) of it. */
const mtu = 1500;
const narrow = 1400;

/** Tries all that a mode has, in two labs of its own, cell by cell. */
export async function* tryMode(mode: Mode): AsyncGenerator<Cell, void> {
  const isTried = missingFeature(mode) === undefined;
  if (!isTried) yield* untried(mode);
  for (const lab of isTried ? (["flat", "narrow"] as const) : []) {
    await using scene = await createLabScene({
      pods: serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2"),
      ...mode.options,
      ...(lab === "narrow" ? { narrow } : {}),
    });
    // One after the other: what an end learns of a path's MTU counts for all that it sends there.
    for (const { kind, pair, family } of combinations()) {
      if (kind.lab === lab) yield await tryCell(mode, scene, kind, pair, family);
    }
  }
}

function* untried(mode: Mode): Generator<Cell, void> {
  const missing = missingFeature(mode);
  for (const { kind, pair, family } of combinations()) {
    yield cellOf(mode, kind, pair, family, { missing });
  }
}

function* combinations(): Generator<{ kind: KindRow; pair: Pair; family: IpFamily }, void> {
  for (const kind of kinds) {
    for (const pair of pairs) for (const family of ipFamilies) yield { kind, pair, family };
  }
}

function cellOf(
  mode: Mode,
  kind: KindRow,
  pair: Pair,
  family: IpFamily,
  outcome: { readonly problem?: string | undefined; readonly missing?: string | undefined },
): Cell {
  return {
    mode: mode.name,
    kind: kind.name,
    pair: pair.name,
    family,
    problem: outcome.problem,
    missing: outcome.missing,
  };
}

async function tryCell(
  mode: Mode,
  scene: LabScene,
  kind: KindRow,
  pair: Pair,
  family: IpFamily,
): Promise<Cell> {
  const end = endsOf(scene.lab);
  const [from, to] = [end(pair.from), end(pair.to)];
  const target = to.address(family);
  const isAddressed = target !== undefined && from.address(family) !== undefined;
  const missing = isAddressed
    ? missingFeature(mode, { pair, family })
    : `an IPv${String(family)} address of a node`;
  if (missing !== undefined || target === undefined) {
    return cellOf(mode, kind, pair, family, { missing });
  }
  const leavesWith = isPod(pair.from) && pair.to === "outside" ? end("node-1") : from;
  const client = leavesWith.address(family) ?? from.address(family);
  const mtus = mtuOf(mode, kind, pair);
  const trial: Trial = { pair, family, from, to, target, client, end, mtu: mtus };
  const problem = await kind.attempt(trial).catch((error: unknown) => String(error));
  const told = problem === undefined ? undefined : `${problem}\n${await dropsOf(scene)}`;
  return cellOf(mode, kind, pair, family, { problem: told });
}

function isPod(name: EndName): boolean {
  return name.startsWith("default/");
}

/** Nothing between a pod and the outside is in a tunnel, but the pod's device takes no more than would fit one. */
function mtuOf({ overhead }: Mode, { lab }: KindRow, pair: Pair): Trial["mtu"] {
  const isFromNode = pair.from.startsWith("node-");
  const hasPod = isPod(pair.from) || isPod(pair.to);
  const inTunnels = mtu - overhead;
  const device = isPod(pair.from) || (isFromNode && isPod(pair.to)) ? inTunnels : mtu;
  const link = lab === "narrow" && isAcross(pair) ? narrow : mtu;
  const isToPod = isPod(pair.to) || (pair.to.startsWith("node-") && isPod(pair.from));
  const answers = isToPod ? inTunnels : mtu;
  if (isOutward(pair)) return { device, path: Math.min(hasPod ? inTunnels : mtu, link), answers };
  if (link === mtu) return { device, path: device, answers };
  return { device, path: hasPod ? narrow - overhead : narrow, answers };
}

/** What both nodes' programs counted as left to the kernel or dropped, to explain a failure. */
async function dropsOf({ lab }: LabScene): Promise<string> {
  const tables = lab.nodes.map(async (node) => {
    const { stdout } = await run(lab.onNode(node, ["heddle", "bpf", "dump", "counters"]));
    return `${node}\n${stdout.trimEnd()}`;
  });
  return (await Promise.all(tables)).join("\n");
}

/** A line for each way and family with a column for each kind, for each mode. */
export function formatCells(cells: readonly Cell[]): string {
  const names = kinds.map(({ name }) => name);
  const heading = ["", ...names];
  const lines = Map.groupBy(
    cells,
    ({ mode, pair, family }) => `${mode}: ${pair}, IPv${String(family)}`,
  );
  const rows = Array.from(lines, ([name, own]) => [
    name,
    ...names.map((kind) => shown(own.find((cell) => cell.kind === kind))),
  ]);
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const table = [heading, ...rows].map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const missing = Map.groupBy(
    cells.filter((cell) => cell.missing !== undefined),
    (cell) => `${cell.mode}: ${String(cell.missing)}`,
  );
  const notes = Array.from(missing, ([name, own]) => `- ${name}: ${String(own.length)} cells`);
  return [...table, ...notes].join("\n");
}

/** Which cell it is, what was expected and what came, and what the nodes counted. */
export function formatProblem({ mode, kind, pair, family, problem }: Cell): string {
  return `${kind}, ${mode}, ${pair}, IPv${String(family)}: ${String(problem)}`;
}

function shown(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  if (cell.missing !== undefined) return "-";
  return cell.problem === undefined ? "ok" : "FAILED";
}
