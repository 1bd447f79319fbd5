import { readFileSync } from "node:fs";

/** Where cgroups of version 2 are mounted on this machine. */
export function cgroup2Root(): string {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const mount = mounts.map((line) => line.split(" ")).find(([, , type]) => type === "cgroup2");
  if (mount?.[1] === undefined) throw new Error("no cgroup2 is mounted");
  return mount[1];
}
