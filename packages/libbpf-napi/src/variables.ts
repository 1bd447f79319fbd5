import { addon } from "./addon.ts";
import { type Btf, btfOfElf, type ElfFile, type ElfSymbol, layoutOf } from "./btf/index.ts";
import { codecOfLayout } from "./btf-codec.ts";
import { decodeFromBytes, encodeToBytes } from "./codec.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Attempt, BpfError, check } from "./errors.ts";
import { nativeMapInfo } from "./kernel-map-base.ts";
import { type MappedMemory, memoryOf } from "./mapped-memory.ts";
import type { Variable, VariableDefinition } from "./object-types.ts";
import type { VariableSection, VariableSpec } from "./spec.ts";

/** The global variables of an object file by its type information, which is only read where there is some. */
export function variablesOf(
  elf: ElfFile,
  types: () => Btf = () => btfOfElf(elf),
): readonly VariableDefinition[] {
  if (!elf.sections.some(({ name }) => name === ".BTF")) return [];
  const btf = types();
  return elf.symbols.flatMap((symbol) => {
    const section = elf.sections.find(({ index }) => index === symbol.section)?.name ?? "";
    if (symbol.type !== "object" || !isVariableSection(section)) return [];
    return definitionOf(btf, symbol, section);
  });
}

function isVariableSection(name: string): name is VariableSection {
  return /^\.(?:rodata|data|bss)(?:\.|$)/.test(name);
}

/** Of no variable that type information leaves out, such as a text constant. */
function definitionOf(
  btf: Btf,
  symbol: ElfSymbol,
  section: VariableSection,
): readonly VariableDefinition[] {
  const { name, offset } = symbol;
  for (const { variable } of btf.find("section", section)?.entries ?? []) {
    if (btf.type(variable).name !== name) continue;
    return [{ name, section, offset, codec: codecOfLayout(layoutOf(btf, variable)) }];
  }
  return [];
}

/** @throws {BpfError} `no-such-member`, which names those that are there */
export function findVariable(
  variables: readonly VariableDefinition[],
  name: string,
  subject: string,
): VariableDefinition {
  const found = variables.find((variable) => variable.name === name);
  if (found !== undefined) return found;
  const names = variables.map((variable) => variable.name);
  throw new BpfError({
    code: "no-such-member",
    operation: `find variable ${name} of`,
    subject,
    reason: `it has no such variable, but ${names.length === 0 ? "none" : names.join(", ")}`,
  });
}

/** The sections of variables of a loaded object. */
export interface VariableSections {
  variable<T>(spec: VariableSpec<T>): Variable<T>;
  memory(section: VariableSection): MappedMemory;
  close(): void;
}

/** `open` gives a descriptor of the map that holds a section, which the caller closes. */
export function createVariableSections(
  subject: string,
  open: (section: VariableSection) => Descriptor,
): VariableSections {
  return new Sections(subject, open);
}

class Sections implements VariableSections {
  readonly #subject: string;
  readonly #open: (section: VariableSection) => Descriptor;
  readonly #memory = new Map<VariableSection, MappedMemory>();
  #closed = false;

  constructor(subject: string, open: (section: VariableSection) => Descriptor) {
    this.#subject = subject;
    this.#open = open;
  }

  memory(section: VariableSection): MappedMemory {
    if (isFixed(section)) throw this.#fixed("share the memory of", section);
    const known = this.#memory.get(section);
    if (known !== undefined && !known.closed) return known;
    using descriptor = this.#open(section);
    const memory = memoryOf(descriptor);
    this.#memory.set(section, memory);
    return memory;
  }

  variable<T>(spec: VariableSpec<T>): Variable<T> {
    const size = this.#bytes(spec.section, "find a variable in").length;
    if (spec.offset + spec.codec.size > size) throw this.#outside(spec, size);
    return {
      get: () => {
        const bytes = this.#bytes(spec.section, "get a variable of");
        // The engine reads a number byte by byte where it has not compiled it; it copies it whole.
        return decodeFromBytes(spec.codec, bytes.slice(spec.offset, spec.offset + spec.codec.size));
      },
      set: (value) => {
        if (isFixed(spec.section)) throw this.#fixed("set a variable of", spec.section);
        const bytes = this.#bytes(spec.section, "set a variable of");
        bytes.set(encodeToBytes(spec.codec, value), spec.offset);
      },
    };
  }

  close(): void {
    this.#closed = true;
    for (const memory of this.#memory.values()) memory.close();
  }

  /** A section's memory; of one that is fixed, a copy. */
  #bytes(section: VariableSection, operation: string): Uint8Array {
    if (this.#closed) throw this.#closedError(operation);
    if (!isFixed(section)) return this.memory(section).bytes;
    using descriptor = this.#open(section);
    const attempt: Attempt = { operation: `read section ${section} of`, subject: this.#subject };
    const { valueSize } = nativeMapInfo(descriptor);
    const copy = new Uint8Array(valueSize);
    const fd = descriptor.number(attempt.operation);
    check(attempt, addon().mapLookup(fd, new Uint8Array(4), copy));
    return copy;
  }

  #closedError(operation: string): BpfError {
    return new BpfError({
      code: "handle-closed",
      operation,
      subject: this.#subject,
      reason: "the object was closed",
    });
  }

  #fixed(operation: string, section: VariableSection): BpfError {
    return new BpfError({
      code: "invalid-state",
      operation,
      subject: this.#subject,
      reason: `section ${section} is fixed once it is loaded`,
      hint: "set its variables before loading, and read them with get",
    });
  }

  #outside({ section, offset, codec }: VariableSpec<unknown>, size: number): BpfError {
    return new BpfError({
      code: "no-such-member",
      operation: `find the variable at ${section}+${String(offset)} of`,
      subject: this.#subject,
      reason: `it has ${String(codec.size)} bytes, and the section only ${String(size)}`,
      hint: "generate the spec again from this object",
    });
  }
}

function isFixed(section: VariableSection): boolean {
  return section.startsWith(".rodata");
}
