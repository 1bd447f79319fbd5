/**
 * ELF files and BPF type information, read in plain TypeScript: works without root, on every platform.
 */
export { BtfError, type BtfErrorCode } from "./btf-error.ts";
export type * from "./btf.ts";
export { describeLayoutDifference, layoutHash, layoutName } from "./compare-layouts.ts";
export { type ElfFile, type ElfSection, type ElfSymbol, elfSection, parseElf } from "./elf.ts";
export { formatType } from "./format-type.ts";
export {
  type ArrayLayout,
  type CompositeLayout,
  type FieldLayout,
  type Layout,
  layoutOf,
  type ScalarFormat,
  type ScalarLayout,
} from "./layout.ts";
export { btfOfElf, parseBtf } from "./parse-btf.ts";
export {
  alignmentOf,
  type FieldPlace,
  fieldOf,
  type ResolvedType,
  resolveType,
  sizeOf,
} from "./resolve.ts";
