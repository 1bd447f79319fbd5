import { endianness } from "node:os";
import type { ElfFile, ElfSection } from "./btf/index.ts";

/** Section types of elf(5). */
const sectionTypes = { symbolTable: 2, relocations: 9 };
/** Bytes of `Elf64_Sym` and `Elf64_Rel`. */
const symbolSize = 24;
const relocationSize = 16;
/** Bytes of `struct bpf_insn`, which a relocation changes, and of the smallest number in data. */
const instructionSize = 8;
const numberSize = 4;

/**
 * What in an object of this machine's byte order leads out of what it leads to: a symbol that ends
 * after its section, a relocation of bytes or by a symbol that are not there. libbpf follows them,
 * its linker without looking.
 */
export function findStrayReference(elf: ElfFile): string | undefined {
  const tables = elf.sections.filter(({ type }) => type === sectionTypes.symbolTable);
  if (tables.length > 1) return `it has ${String(tables.length)} symbol tables instead of one`;
  return findStraySymbol(elf) ?? findStrayRelocation(elf);
}

function findStraySymbol({ sections, symbols }: ElfFile): string | undefined {
  for (const { name, type, section, offset, size } of symbols) {
    const within = section === undefined ? undefined : sections[section];
    if (within === undefined && type !== "section") continue;
    if (within === undefined) return "a symbol stands for a section that is not there";
    if (offset + size <= within.size) continue;
    return `symbol ${name} has ${String(size)} bytes at ${String(offset)} of section ${describe(within)}`;
  }
  return undefined;
}

function findStrayRelocation({ sections }: ElfFile): string | undefined {
  for (const section of sections) {
    if (section.type !== sectionTypes.relocations) continue;
    const problem = checkRelocations(section, sections);
    if (problem !== undefined) return `section ${section.name} ${problem}`;
  }
  return undefined;
}

function checkRelocations(
  { bytes, link, info }: ElfSection,
  sections: readonly ElfSection[],
): string | undefined {
  const [symbols, target] = [sections[link], sections[info]];
  if (symbols?.type !== sectionTypes.symbolTable)
    return `names section ${String(link)} as its symbols`;
  if (target === undefined) return `relocates section ${String(info)}, which is not there`;
  const width = target.executable ? instructionSize : numberSize;
  for (const { offset, symbol } of relocationsIn(bytes)) {
    if (offset + BigInt(width) > BigInt(target.size))
      return `relocates offset ${String(offset)} of section ${describe(target)}`;
    if (symbol >= Math.floor(symbols.size / symbolSize))
      return `relocates by symbol ${String(symbol)}, which is not there`;
  }
  return undefined;
}

function relocationsIn(bytes: Uint8Array): readonly { offset: bigint; symbol: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const host = endianness() === "LE";
  return Array.from({ length: Math.floor(bytes.length / relocationSize) }, (_, index) => ({
    offset: view.getBigUint64(index * relocationSize, host),
    // The upper half of `r_info`.
    symbol: view.getUint32(index * relocationSize + (host ? 12 : 8), host),
  }));
}

function describe({ name, size }: ElfSection): string {
  return `${name}, which has ${String(size)}`;
}
