import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/** A cgroup of its own; disposing removes it. */
export interface TestCgroup extends Disposable {
  readonly path: string;
  /** Runs a shell script inside; returns its exit code. */
  run(script: string): number;
  /** A cgroup below it, which is to be disposed first. */
  child(): TestCgroup;
}

export function createTestCgroup(parent: string = cgroupRoot()): TestCgroup {
  const path = join(parent, `hdt-${randomBytes(4).toString("hex")}`);
  mkdirSync(path);
  return {
    path,
    run: (script) => {
      const enter = `echo $$ > "${path}/cgroup.procs" && ${script}`;
      return spawnSync("bash", ["-c", enter], { stdio: "ignore" }).status ?? -1;
    },
    child: () => createTestCgroup(path),
    [Symbol.dispose]: () => rmdirSync(path),
  };
}

/** Where cgroups of version 2 are mounted on this machine. */
function cgroupRoot(): string {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const mount = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2");
  if (mount?.[1] === undefined) throw new Error("no cgroup2 is mounted");
  return mount[1];
}
