/**
 * Compiled BPF objects to TypeScript: structs, enums, maps, variables and programs, typed for libbpf-napi.
 *
 * @module
 */
export { Bpf2tsError, type Bpf2tsErrorCode } from "./bpf2ts-error.ts";
export { checkFiles } from "./check.ts";
export {
  type Bpf2tsConfig,
  defineConfig,
  type DomainType,
  type ImportedName,
  loadConfig,
  type ObjectSource,
} from "./config.ts";
export { generate } from "./generate.ts";
export { generateObjects, type ObjectsOptions } from "./generate-objects.ts";
export { type GeneratedFile, writeFiles } from "./generated-file.ts";
