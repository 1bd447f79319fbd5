import { compareVersions, type DebianPackage } from "./debian-index.ts";

/** A kernel of the matrix. */
export interface KernelChoice {
  /** What it is called on the command line. */
  readonly name: string;
  /** Where it comes from. With several suites, the newest of their kernels is taken. */
  readonly suites: readonly string[];
}

/** The oldest that is supported, the stable release's, and the newest that can be had. */
export const kernelChoices: readonly KernelChoice[] = [
  { name: "6.1", suites: ["bookworm"] },
  { name: "6.12", suites: ["trixie"] },
  { name: "newest", suites: ["trixie-backports", "sid"] },
];

/** Cloud flavours are those for virtual machines: few drivers, everything for BPF. */
const metapackage = "linux-image-cloud-amd64";

/** Since 6.19 the image is a small package, and kernel, modules and configuration are in these. */
const parts = /^linux-(image|base|binary|modules)-\d/;

/** The packages that a kernel is made of. */
export interface KernelPackages {
  readonly suite: string;
  /** The version of the Debian package: `6.12.117-1`. */
  readonly version: string;
  readonly packages: readonly DebianPackage[];
}

/**
 * What the suite's newest kernel for virtual machines consists of, without what it would be installed
 * with; undefined when the suite has none.
 */
export function findKernel(
  suite: string,
  index: ReadonlyMap<string, DebianPackage>,
): KernelPackages | undefined {
  const meta = index.get(metapackage);
  if (meta === undefined) return undefined;
  const packages = new Map<string, DebianPackage>();
  const visit = (one: DebianPackage): void => {
    for (const name of one.depends.filter((each) => parts.test(each))) {
      const part = index.get(name);
      if (part === undefined || packages.has(name)) continue;
      packages.set(name, part);
      visit(part);
    }
  };
  visit(meta);
  return packages.size === 0
    ? undefined
    : { suite, version: meta.version, packages: [...packages.values()] };
}

/** The newest of some kernels. */
export function newestKernel(kernels: readonly KernelPackages[]): KernelPackages | undefined {
  return kernels.toSorted((a, b) => compareVersions(b.version, a.version))[0];
}
