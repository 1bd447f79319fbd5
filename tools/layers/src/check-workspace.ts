import { parse } from "node:path";
import { drawers, layerOf, layers, testSupport, testSupportFrom } from "./layers.ts";
import type { SourceFile, Workspace, WorkspacePackage } from "./read-workspace.ts";

/** What is wrong with the workspace's structure, a line each; empty when all is well. */
export function checkWorkspace(workspace: Workspace): string[] {
  return [
    ...workspace.packages.flatMap((member) => [
      ...checkPlace(member),
      ...checkScripts(member),
      ...checkDeclared(member, workspace),
      ...member.files.flatMap((file) => checkFile(member, file, workspace)),
    ]),
    ...checkCycles(workspace),
  ];
}

function isTool(member: WorkspacePackage): boolean {
  return member.folder.startsWith("tools/");
}

function checkPlace(member: WorkspacePackage): string[] {
  if (isTool(member) || layerOf(member.name) !== undefined) return [];
  return [`${member.folder}: ${member.name} has no layer; give it one in tools/layers`];
}

/** What npm runs of its own accord on the machine of whoever installs a package. */
const installScripts: ReadonlySet<string> = new Set([
  "preinstall",
  "install",
  "postinstall",
  "prepare",
]);

function checkScripts({ folder, scripts }: WorkspacePackage): string[] {
  return scripts
    .filter((name) => installScripts.has(name))
    .map(
      (name) =>
        `${folder}/package.json: has the script ${name}; packages run nothing when installed`,
    );
}

function checkDeclared(member: WorkspacePackage, workspace: Workspace): string[] {
  const edges = [
    ...member.dependencies.map((to) => ({ to, test: false })),
    ...member.devDependencies.map((to) => ({ to, test: true })),
  ];
  return edges.flatMap(({ to, test }) =>
    edgeProblem(member, to, test, workspace, `${member.folder}/package.json`),
  );
}

function checkFile(member: WorkspacePackage, file: SourceFile, workspace: Workspace): string[] {
  const declared = new Set([member.name, ...member.dependencies]);
  if (file.test || !isShipped(file)) {
    for (const name of [...member.devDependencies, ...rootDependencies]) declared.add(name);
  }
  return [
    ...checkName(file),
    ...file.imports.flatMap((to) => [
      ...(declared.has(to)
        ? []
        : [`${file.path}: imports ${to}, which ${member.folder}/package.json does not declare`]),
      ...edgeProblem(member, to, file.test || !isShipped(file), workspace, file.path),
    ]),
  ];
}

/** Declared once, at the root, for all tests. */
const rootDependencies: readonly string[] = ["vitest", "fast-check"];

/** Build scripts, examples and configuration stand outside `src`. */
function isShipped(file: SourceFile): boolean {
  return /^[^/]+\/[^/]+\/src\//.test(file.path);
}

function checkName(file: SourceFile): string[] {
  const { dir, name } = parse(file.path);
  const words = [...dir.split("/"), name.replace(/(?:\.kernel)?\.test$/, "")];
  return words
    .filter((word) => drawers.includes(word.toLowerCase()))
    .map((word) => `${file.path}: "${word}" does not say what belongs in it; name the noun`);
}

function edgeProblem(
  from: WorkspacePackage,
  to: string,
  test: boolean,
  workspace: Workspace,
  place: string,
): string[] {
  const target = workspace.packages.find((member) => member.name === to);
  if (target === undefined || target === from || isTool(from)) return [];
  if (isTool(target)) {
    return test ? [] : [`${place}: a published package imports the tool ${to}`];
  }
  const fromLayer = layerOf(from.name);
  const toLayer = layerOf(to);
  if (fromLayer === undefined || toLayer === undefined || toLayer < fromLayer) return [];
  if (test && to === testSupport && fromLayer >= testSupportFrom) return [];
  if (toLayer === fromLayer && layers[fromLayer]?.sideways === true) return [];
  const rule = toLayer === fromLayer ? "packages of this layer stand alone" : "imports go down";
  return [
    `${place}: ${from.name} (layer ${String(fromLayer)}) imports ${to} (layer ${String(toLayer)}); ${rule}`,
  ];
}

/** Each cycle of `dependencies` once, from its alphabetically first member. */
function checkCycles(workspace: Workspace): string[] {
  const edges = new Map(workspace.packages.map((member) => [member.name, member.dependencies]));
  const cycles = new Set<string>();
  const walk = (path: readonly string[]): void => {
    for (const next of edges.get(path.at(-1) ?? "") ?? []) {
      const start = path.indexOf(next);
      if (start >= 0) cycles.add(describeCycle(path.slice(start)));
      else if (edges.has(next)) walk([...path, next]);
    }
  };
  for (const name of edges.keys()) walk([name]);
  return [...cycles];
}

function describeCycle(members: readonly string[]): string {
  const first = members.indexOf(members.toSorted()[0] ?? "");
  const turned = [...members.slice(first), ...members.slice(0, first)];
  return `cycle: ${[...turned, turned[0] ?? ""].join(" -> ")}`;
}
