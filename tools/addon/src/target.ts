/** What an addon is compiled for, and by what. */
export interface Target {
  /** The folder of its prebuild in `prebuilds/`: `linux-x64-glibc`. */
  readonly name: string;
  readonly compiler: string;
  /** Whether the C library's headers come without the kernel's, which do not depend on it. */
  readonly lacksKernelHeaders: boolean;
  /** The Debian packages with the compiler and its C library. */
  readonly debian: readonly string[];
}

/** This process's own platform, by `$CC` or `gcc`. */
export function hostTarget(): Target {
  return {
    name: `${process.platform}-${process.arch}-${isMusl() ? "musl" : "glibc"}`,
    compiler: process.env["CC"] ?? "gcc",
    lacksKernelHeaders: false,
    debian: ["gcc", "libc6-dev"],
  };
}

/** What else can be compiled for on Debian, by the name of the prebuild. */
const crossTargets: readonly Target[] = [
  {
    name: "linux-arm64-glibc",
    compiler: "aarch64-linux-gnu-gcc",
    lacksKernelHeaders: false,
    debian: ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
  },
  {
    name: "linux-x64-glibc",
    compiler: "x86_64-linux-gnu-gcc",
    lacksKernelHeaders: false,
    debian: ["gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross"],
  },
  {
    name: "linux-x64-musl",
    compiler: "musl-gcc",
    lacksKernelHeaders: true,
    debian: ["musl-tools", "linux-libc-dev"],
  },
];

/** The target of that name. @throws when there is no such, with those that there are */
export function targetNamed(name: string): Target {
  const own = hostTarget();
  const found = [own, ...crossTargets].find((target) => target.name === name);
  if (found !== undefined) return found;
  const names = new Set([own, ...crossTargets].map((target) => target.name));
  throw new Error(`no target "${name}"; there are ${[...names].join(", ")}`);
}

/** A process that runs on glibc names its version in the report; one on musl does not. */
function isMusl(): boolean {
  const report: unknown = process.report.getReport();
  const header = propertyOf(report, "header");
  return propertyOf(header, "glibcVersionRuntime") === undefined;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
