import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** One package of the workspace, as it stands on disk. */
export interface WorkspacePackage {
  readonly name: string;
  /** Folder, relative to the workspace's root. */
  readonly folder: string;
  /** Names in `dependencies`, `peerDependencies` and `optionalDependencies`. */
  readonly dependencies: readonly string[];
  /** Names in `devDependencies`. */
  readonly devDependencies: readonly string[];
  /** Names in `scripts`. */
  readonly scripts: readonly string[];
  readonly files: readonly SourceFile[];
}

export interface SourceFile {
  /** Path relative to the workspace's root. */
  readonly path: string;
  /** Whether it is never published: a test, or what only tests use. */
  readonly test: boolean;
  /** The packages it imports, without subpaths, relative imports and Node's own modules. */
  readonly imports: readonly string[];
}

export interface Workspace {
  readonly packages: readonly WorkspacePackage[];
}

/** Reads every package under `packages/` and `tools/` of the workspace at `root`. */
export function readWorkspace(root: string): Workspace {
  const manifests = globSync("{packages,tools}/*/package.json", { cwd: root }).toSorted();
  return { packages: manifests.map((manifest) => readPackage(root, manifest)) };
}

function readPackage(root: string, manifestPath: string): WorkspacePackage {
  const manifest: unknown = JSON.parse(readFileSync(join(root, manifestPath), "utf8"));
  const folder = dirname(manifestPath);
  const files = globSync("**/*.{ts,mts,js,mjs}", {
    cwd: join(root, folder),
    exclude: (name) => ["node_modules", "dist"].includes(name),
  });
  return {
    name: String(propertyOf(manifest, "name")),
    folder,
    dependencies: ["dependencies", "peerDependencies", "optionalDependencies"].flatMap((field) =>
      keysOf(propertyOf(manifest, field)),
    ),
    devDependencies: keysOf(propertyOf(manifest, "devDependencies")),
    scripts: keysOf(propertyOf(manifest, "scripts")),
    files: files.toSorted().map((file) => readSource(root, join(folder, file))),
  };
}

function readSource(root: string, path: string): SourceFile {
  const imports = importsOf(readFileSync(join(root, path), "utf8"));
  return {
    path: relative(".", path),
    test: isTestCode(path),
    imports: [...new Set(imports.flatMap(packageName))],
  };
}

/** Tests, fakes, and the folder for what several tests of a package share. */
export function isTestCode(path: string): boolean {
  return /\.(?:test|fake)\.[mc]?[jt]s$/.test(path) || /^[^/]+\/[^/]+\/src\/testing\//.test(path);
}

/** The specifiers that `source` imports or exports from, statically or dynamically. */
export function importsOf(source: string): string[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/`[^`]*`/g, "``");
  const specifier =
    /(?:^|[;}\s])(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|(?:^|[;}\s])import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  return Array.from(code.matchAll(specifier), (match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function packageName(specifier: string): string[] {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return [];
  const parts = specifier.split("/");
  return [parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/")];
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
