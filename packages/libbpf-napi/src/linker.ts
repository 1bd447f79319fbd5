import { renameSync, rmSync } from "node:fs";
import { addon } from "./addon.ts";
import { readObjectBytes, readObjectFile } from "./elf-check.ts";
import { libbpfError } from "./libbpf-log.ts";

/**
 * Links object files of BPF programs into one, off the event loop, and leaves out debug sections other
 * than BTF. The output appears whole or not at all. One input is simply stripped.
 *
 * @throws {BpfError} `invalid-object` when an input is none, `kernel-error` with libbpf's reason, such
 * as a symbol defined twice
 */
export async function linkObjects(inputs: readonly string[], output: string): Promise<void> {
  // libbpf's linker believes what it reads.
  for (const input of inputs) readObjectFile(await readObjectBytes(input), input);
  const unfinished = `${output}.${String(process.pid)}`;
  try {
    const outcome = await addon().linkObjects(inputs, unfinished);
    if (outcome.error !== 0) {
      throw libbpfError({ operation: `link ${inputs.join(", ")} to`, subject: output }, outcome);
    }
    renameSync(unfinished, output);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
