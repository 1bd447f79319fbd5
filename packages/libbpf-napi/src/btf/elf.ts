import { BtfError } from "./btf-error.ts";
import { type ByteView, createByteView } from "./byte-view.ts";

/** A section of an ELF file. */
export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** `SHT_*` of elf(5): 1 is program data, 2 a symbol table, 3 strings, 8 has no bytes in the file. */
  readonly type: number;
  /** Whether it holds instructions (`SHF_EXECINSTR`). */
  readonly executable: boolean;
  /** `sh_link`: index of the section that this one needs, such as the names of a symbol table. */
  readonly link: number;
  /** `sh_info`: of relocations, index of the section that they change. */
  readonly info: number;
  /** Bytes in memory; the file holds as many, or none of `.bss`. */
  readonly size: number;
  /** What the file holds, without a copy. */
  readonly bytes: Uint8Array;
}

/** A named place in a section. */
export interface ElfSymbol {
  readonly name: string;
  readonly type: "object" | "function" | "section" | "other";
  readonly global: boolean;
  /** Of what another file may lack, or define once more. */
  readonly weak: boolean;
  /** Index of the section, or undefined for what lies in none. */
  readonly section: number | undefined;
  /** Bytes from the beginning of its section. */
  readonly offset: number;
  readonly size: number;
}

/** What {@link parseElf} finds in a relocatable object. */
export interface ElfFile {
  /** How messages name the file. */
  readonly subject: string;
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

/** Sizes and field offsets of elf(5), 64-bit class. */
const headerSize = 64;
const sectionHeaderSize = 64;
const symbolSize = 24;
const sectionTypes = { symbolTable: 2, noBits: 8 };
const executableFlag = 4n;
const weakBinding = 2;
/** The number of the section of names does not fit its field, and stands in section 0. */
const extendedIndex = 0xffff;
/** From here on section numbers have special meanings. */
const firstReservedIndex = 0xff00;

/**
 * Reads sections and symbols of a 64-bit ELF file of either byte order, such as clang writes for `-target bpf`.
 *
 * @param subject how errors name the file
 * @throws {BtfError} `not-elf`, `unsupported-elf` or `malformed-elf`, which names section and offset
 */
export function parseElf(bytes: Uint8Array, subject: string): ElfFile {
  const littleEndian = readIdentification(bytes, subject);
  const file = createByteView(bytes, littleEndian, {
    code: "malformed-elf",
    operation: "read ELF file",
    subject,
    part: "file",
  });
  const headers = readHeaders(file);
  const sections = nameSections(file, headers);
  const symbols = headers
    .filter((header) => header.type === sectionTypes.symbolTable)
    .flatMap((header) => readSymbols(file, header, headers));
  return { subject, littleEndian, sections, symbols };
}

/** The first section of the name. */
export function elfSection(elf: ElfFile, name: string): ElfSection | undefined {
  return elf.sections.find((section) => section.name === name);
}

/** Checks the identification and says whether the file is little endian. */
function readIdentification(bytes: Uint8Array, subject: string): boolean {
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  const operation = "read ELF file";
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    const reason = `it begins with ${hex(bytes.subarray(0, 4))}, not with 7f 45 4c 46`;
    throw new BtfError({ code: "not-elf", operation, subject, reason });
  }
  const [elfClass, order] = [bytes[4], bytes[5]];
  if (elfClass === 2 && (order === 1 || order === 2)) return order === 1;
  throw new BtfError({
    code: "unsupported-elf",
    operation,
    subject,
    reason: `class ${String(elfClass)} and byte order ${String(order)} at offset 4`,
    hint: "BPF objects are 64-bit; compile with clang -target bpf",
  });
}

function hex(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

interface SectionHeader {
  readonly index: number;
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

function readHeaders(file: ByteView): readonly SectionHeader[] {
  const start = file.part("file header", 0, headerSize).size(40);
  const entrySize = file.u16(58);
  if (start === 0) throw file.error(40, "there are no section headers");
  if (entrySize !== sectionHeaderSize) {
    throw file.error(58, `section headers of ${String(entrySize)} bytes instead of 64`);
  }
  // A count of 0 means that it does not fit its field and stands in section 0 as its size.
  const count = file.u16(60) || file.size(start + 32);
  const table = file.part("section headers", start, count * sectionHeaderSize);
  return Array.from({ length: count }, (_, index) => readHeader(table, index));
}

function readHeader(table: ByteView, index: number): SectionHeader {
  const at = index * sectionHeaderSize;
  return {
    index,
    nameOffset: table.u32(at),
    type: table.u32(at + 4),
    flags: table.u64(at + 8),
    offset: table.size(at + 24),
    size: table.size(at + 32),
    link: table.u32(at + 40),
    info: table.u32(at + 44),
  };
}

function nameSections(file: ByteView, headers: readonly SectionHeader[]): readonly ElfSection[] {
  const number = file.u16(62);
  const index = number === extendedIndex ? headers[0]?.link : number;
  const header = headers.find((candidate) => candidate.index === index);
  if (header === undefined) throw file.error(62, `no section ${String(index)} with section names`);
  const names = file.part("section names", header.offset, header.size);
  return headers.map((each) => {
    const name = each.index === 0 ? "" : names.text(each.nameOffset);
    const inFile = each.type === sectionTypes.noBits || each.index === 0 ? 0 : each.size;
    return {
      index: each.index,
      name,
      type: each.type,
      executable: (each.flags & executableFlag) !== 0n,
      link: each.link,
      info: each.info,
      size: each.size,
      bytes: sectionBytes(file, name, inFile === 0 ? 0 : each.offset, inFile),
    };
  });
}

function sectionBytes(file: ByteView, name: string, offset: number, size: number): Uint8Array {
  if (offset + size <= file.length) return file.bytes(offset, size);
  throw file.error(
    offset,
    `section ${name} has ${String(size)} bytes from here, but the file ends at ${String(file.length)}`,
    "the file is cut short or damaged",
  );
}

function readSymbols(
  file: ByteView,
  header: SectionHeader,
  headers: readonly SectionHeader[],
): readonly ElfSymbol[] {
  const strings = headers[header.link];
  if (strings === undefined) {
    throw file.error(header.offset, `the symbol table names section ${String(header.link)}`);
  }
  const names = file.part("symbol names", strings.offset, strings.size);
  const table = file.part("symbol table", header.offset, header.size);
  return Array.from({ length: Math.floor(header.size / symbolSize) }, (_, index) =>
    readSymbol(table, names, index * symbolSize, headers.length),
  );
}

const symbolTypes = ["other", "object", "function", "section"] as const;

function readSymbol(table: ByteView, names: ByteView, at: number, sections: number): ElfSymbol {
  const info = table.u8(at + 4);
  const section = table.u16(at + 6);
  if (section >= sections && section < firstReservedIndex) {
    throw table.error(at + 6, `a symbol in section ${String(section)} of ${String(sections)}`);
  }
  return {
    name: names.text(table.u32(at)),
    type: symbolTypes[info & 15] ?? "other",
    global: info >> 4 !== 0,
    weak: info >> 4 === weakBinding,
    section: section === 0 || section >= firstReservedIndex ? undefined : section,
    offset: table.size(at + 8),
    size: table.size(at + 16),
  };
}
