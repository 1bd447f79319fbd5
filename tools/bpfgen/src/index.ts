/**
 * Compiled BPF objects to TypeScript: structs, enums, maps, settings and programs.
 *
 * @module
 */
export { arbitraryOf, type DomainArbitraries } from "./arbitrary.ts";
export { BpfgenError, type BpfgenErrorCode } from "./bpfgen-error.ts";
export { checkFiles } from "./check.ts";
export {
  type BpfgenConfig,
  defineConfig,
  type DomainType,
  type ImportedName,
  loadConfig,
  type ObjectSource,
} from "./config.ts";
export { generate, type GeneratedFile, writeFiles } from "./generate.ts";
export { codecsOf, type LaidOutCodec, lawViolation } from "./law.ts";
