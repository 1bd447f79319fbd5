import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** A package that is installed in the repository. */
export interface InstalledPackage {
  /** Its name in `node_modules`. */
  readonly name: string;
  /** Where its files are, relative to the repository. */
  readonly folder: string;
  /** Whether it is one of the repository's own, to which `node_modules` has a link. */
  readonly own: boolean;
}

/** The named packages with all that they need at run time, as far as it is installed. */
export function installedPackages(
  root: string,
  names: readonly string[],
): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const visit = (name: string, from: string): void => {
    const place = findPackage(root, name, from);
    if (place === undefined || name.startsWith("@types/")) return;
    const folder = relative(root, realpathSync(place));
    if (found.has(folder)) return;
    const own = !folder.startsWith("node_modules/");
    found.set(folder, { name, folder, own });
    for (const each of dependencyNames(join(root, folder), own)) visit(each, join(root, folder));
  };
  for (const name of names) visit(name, root);
  return [...found.values()];
}

/** As Node resolves a package's name: in the nearest `node_modules` going up. */
function findPackage(root: string, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, "node_modules", name);
    if (existsSync(join(place, "package.json"))) return place;
    if (folder === root) return undefined;
  }
}

/** The repository's own packages are tested, and so bring what their tests need. */
function dependencyNames(folder: string, own: boolean): readonly string[] {
  const manifest: Readonly<Record<string, unknown>> = Object(
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  );
  const kinds = ["dependencies", "optionalDependencies", "peerDependencies"];
  const wanted = own ? [...kinds, "devDependencies"] : kinds;
  return wanted.flatMap((kind) => Object.keys(Object(manifest[kind])));
}
