import { assignOwners } from "./assign-owners.ts";
import type { Bpf2tsConfig } from "./config.ts";
import { emitFile } from "./emit-file.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { readDocs } from "./read-docs.ts";

/**
 * Generates every file of a configuration, without writing any. The same objects and sources give the same
 * files.
 *
 * @throws {Bpf2tsError} with every problem that was found
 * @throws {BtfError} when an object is damaged
 */
export function generate(config: Bpf2tsConfig): readonly GeneratedFile[] {
  const docs = readDocs(config.sources);
  const origin = `the types of the BPF objects by \`${config.command}\``;
  return assignOwners(config).flatMap((model) => {
    const path = config.outputs[model.owner] ?? "";
    return emitFile(model, { path, docs, origin, whole: false });
  });
}
