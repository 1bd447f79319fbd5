import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { basename } from "node:path";
import { repository } from "./repository.ts";

/** What the numbers come from, without anything that says whose it is. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  /** In GiB. */
  readonly memory: number;
  /** Whether a hypervisor is below. */
  readonly isVirtual: boolean;
  /** How the kernel chooses the frequency; `unknown` where it does not. */
  readonly governor: string;
  readonly kernel: string;
  readonly distribution: string;
  /** What the kernel does about each weakness of the processor that it is affected by. */
  readonly mitigations: Readonly<Record<string, string>>;
  readonly node: string;
  /** With `-dirty` where files were changed since. */
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
}

/** Describes the machine that this runs on. */
export function describeMachine(date: Date): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? "unknown",
    processors: processors.length,
    memory: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    isVirtual: /^flags\s*:.*\bhypervisor\b/m.test(readText("/proc/cpuinfo")),
    governor: readText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") || "unknown",
    kernel: `${release()} ${arch()}`,
    distribution: /^PRETTY_NAME="?([^"\n]*)/m.exec(readText("/etc/os-release"))?.[1] ?? "unknown",
    mitigations: readMitigations("/sys/devices/system/cpu/vulnerabilities"),
    node: process.version,
    commit: readCommit(),
    date: date.toISOString(),
  };
}

/** Whether numbers of the two can be compared as they are, and not only ratios. */
export function isSameMachine(left: Machine, right: Machine): boolean {
  return identityOf(left) === identityOf(right);
}

function identityOf(machine: Machine): string {
  const { commit: _commit, date: _date, ...rest } = machine;
  return JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => a.localeCompare(b)));
}

/** @throws when the text is no description of a machine */
export function parseMachine(text: string): Machine {
  const fields: Record<string, unknown> = Object(JSON.parse(text));
  const take = (name: string): string => {
    const value = fields[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw new Error(`the description of the machine has no ${name}`);
  };
  return {
    processor: take("processor"),
    processors: Number(take("processors")),
    memory: Number(take("memory")),
    isVirtual: fields["isVirtual"] === true,
    governor: take("governor"),
    kernel: take("kernel"),
    distribution: take("distribution"),
    mitigations: Object.fromEntries(
      Object.entries(Object(fields["mitigations"])).map(([name, value]) => [name, String(value)]),
    ),
    node: take("node"),
    commit: take("commit"),
    date: take("date"),
  };
}

function readMitigations(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    globSync(`${folder}/*`)
      .toSorted()
      .map((path) => [basename(path), readText(path)] as const)
      .filter(([, state]) => state !== "Not affected"),
  );
}

function readCommit(): string {
  try {
    const describe = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    const options = { cwd: repository, encoding: "utf8", stdio: "pipe" } as const;
    return execFileSync("git", describe, options).trim();
  } catch {
    return "unknown";
  }
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}
