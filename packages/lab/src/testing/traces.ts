import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The processes in whose command line or environment the text is, each as its number and those. */
export function processesNaming(text: string): readonly string[] {
  return readdirSync("/proc")
    .filter((pid) => /^[0-9]+$/.test(pid) && pid !== String(process.pid))
    .map((pid) => `process ${pid}: ${readProc(pid, "cmdline")} ${readProc(pid, "environ")}`)
    .filter((line) => line.includes(text));
}

/** What there is of a lab: its processes, and its files, pins and namespaces. */
export function tracesOf(lab: string): readonly string[] {
  const files = ["/run/heddle-lab", "/sys/fs/bpf/heddle-lab", "/run/netns"].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
  );
  return [...processesNaming(lab), ...files.filter((file) => file.includes(lab))];
}

/** Empty when the process has ended meanwhile. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(join("/proc", pid, file), "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
