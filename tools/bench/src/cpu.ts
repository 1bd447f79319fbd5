import { execFileSync } from "node:child_process";
import { cpus } from "node:os";

/**
 * Keeps all threads of this process on one CPU until disposed of, so that what programs touch stays in its
 * caches, and counters of a CPU are of that one.
 */
export function pinToCpu(cpu: number = cpus().length - 1): Disposable {
  const before = affinity();
  setAffinity(String(cpu));
  return {
    [Symbol.dispose]() {
      setAffinity(before);
    },
  };
}

function affinity(): string {
  const told = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  return told.slice(told.lastIndexOf(":") + 1).trim();
}

function setAffinity(list: string): void {
  execFileSync("taskset", ["-acp", list, String(process.pid)], { stdio: "ignore" });
}
