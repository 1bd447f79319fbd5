import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Machine {
  readonly kernel: string;
  readonly initrd: string;
  /** Which part of the test files it runs, as vitest's `--shard` has it. */
  readonly share: string;
  /** Files that get what the guest writes to its first and second serial port. */
  readonly console: string;
  readonly results: string;
  /** How long the guest may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** How a machine's life ended: by itself, or else why. */
export type MachineEnd = "switched off" | "timed out" | "aborted" | `failed: ${string}`;

/** In MiB: twice the file system, which is in memory, and what the tests need. */
const memory = 2048;

/**
 * `tsc=reliable`: emulated processors differ in theirs, and the clocks that Linux takes instead are slow to
 * read. `panic=-1` with `-no-reboot` ends the machine at once when the kernel stops.
 */
const kernelOptions =
  "console=ttyS0 panic=-1 quiet loglevel=4 mitigations=off tsc=reliable nokaslr";

/** Runs a machine without a network or disks to its end, all in software. It does not outlive this process. */
export async function boot(machine: Machine): Promise<MachineEnd> {
  const command = ["--pdeathsig", "KILL", "qemu-system-x86_64", ...qemuOptions(machine)];
  const child = spawn("setpriv", command, { stdio: ["ignore", "ignore", "pipe"] });
  const messages: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => messages.push(text));
  const timer = AbortSignal.timeout(machine.timeout);
  const stop = (): boolean => child.kill("SIGKILL");
  timer.addEventListener("abort", stop);
  machine.signal.addEventListener("abort", stop);
  try {
    const failure = await new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code) => resolve(code === 0 ? "" : `exit ${String(code)}`));
    });
    if (machine.signal.aborted) return "aborted";
    if (timer.aborted) return "timed out";
    return failure === "" ? "switched off" : `failed: ${failure} ${messages.join("")}`;
  } finally {
    machine.signal.removeEventListener("abort", stop);
  }
}

function qemuOptions({ kernel, initrd, share, console, results }: Machine): readonly string[] {
  return [
    "-nodefaults -no-user-config -no-reboot -display none",
    "-machine pc -accel tcg,thread=multi -cpu max -smp 2",
  ]
    .flatMap((line) => line.split(" "))
    .concat("-m", String(memory), "-kernel", kernel, "-initrd", initrd)
    .concat("-append", `${kernelOptions} heddle.share=${share}`)
    .concat("-serial", `file:${console}`, "-serial", `file:${results}`);
}

/** The last lines that the guest wrote to its console. */
export function lastWords(file: string, lines = 15): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
