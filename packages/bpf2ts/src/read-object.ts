import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Btf,
  type BtfType,
  type BtfVariable,
  btfOfElf,
  type ElfFile,
  elfSection,
  parseElf,
  resolveType,
} from "libbpf-napi";
import { missing } from "./bpf2ts-error.ts";

/** A global variable and its place, in bytes from the beginning of its section. */
export interface PlacedVariable {
  readonly variable: BtfVariable;
  readonly section: string;
  readonly offset: number;
  /** Whether it is `const volatile`: fixed once loaded. What is only `const` is part of the instructions. */
  readonly isSetting: boolean;
}

/** A program: a function in a section that says where it attaches. */
export interface ProgramSymbol {
  readonly name: string;
  readonly section: string;
}

/** What of an object is of interest in TypeScript, as it stands there. */
export interface ObjectContents {
  /** The file's name, for messages. */
  readonly file: string;
  /** The file's name without `.bpf.o`. */
  readonly name: string;
  readonly btf: Btf;
  readonly maps: readonly BtfVariable[];
  /** The pointers that EXPORT makes. */
  readonly exports: readonly BtfVariable[];
  /** The globals, section by section. */
  readonly variables: readonly PlacedVariable[];
  readonly programs: readonly ProgramSymbol[];
}

/**
 * Reads a compiled object.
 *
 * @throws {BtfError} when it is damaged
 * @throws {Bpf2tsError} `bad-config` when it is not there
 */
export function readObject(path: string): ObjectContents {
  const file = basename(path);
  const elf = parseElf(readBytes(path), file);
  const btf = btfOfElf(elf);
  const inSection = (name: string): readonly BtfVariable[] =>
    variablesOf(elf, btf, name).map(({ variable }) => variable);
  return {
    file,
    name: file.replace(/(?:\.bpf)?\.o$/, ""),
    btf,
    maps: inSection(".maps"),
    exports: inSection(".export"),
    variables: elf.sections
      .filter((section) => /^\.(?:rodata|data|bss)(?:\.|$)/.test(section.name))
      .flatMap((section) => variablesOf(elf, btf, section.name)),
    programs: programsOf(elf),
  };
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw missing("read object", path, reason, "compile it first");
  }
}

/** The variables of a section in the order of memory. Before linking, only ELF symbols know the offsets. */
function variablesOf(elf: ElfFile, btf: Btf, sectionName: string): readonly PlacedVariable[] {
  const section = elfSection(elf, sectionName);
  const variables = btf
    .find("section", sectionName)
    ?.entries.map((entry) => btf.type(entry.variable))
    .filter(isVariable);
  if (section === undefined || variables === undefined) return [];
  return variables
    .flatMap((variable) => {
      const symbol = elf.symbols.find(
        ({ name, section: index }) => name === variable.name && index === section.index,
      );
      const isSetting = isConstVolatile(btf, variable.type);
      if (symbol === undefined) return [];
      return [{ variable, section: sectionName, offset: symbol.offset, isSetting }];
    })
    .toSorted((left, right) => left.offset - right.offset);
}

function isVariable(type: BtfType): type is BtfVariable {
  return type.kind === "variable";
}

/** Qualifiers of an array are those of its elements. */
function isConstVolatile(btf: Btf, id: number): boolean {
  const { isConst, isVolatile, type } = resolveType(btf, id);
  if (type.kind === "array") return isConstVolatile(btf, type.element);
  return isConst && isVolatile;
}

/** Functions in `.text` are called by programs, and are none. */
function programsOf(elf: ElfFile): readonly ProgramSymbol[] {
  return elf.symbols.flatMap(({ type, global, section, name }) => {
    const place = elf.sections[section ?? 0];
    if (type !== "function" || !global || place?.executable !== true) return [];
    return place.name === ".text" ? [] : [{ name, section: place.name }];
  });
}
