import { createByteView } from "./btf/byte-view.ts";
import { elfSection, type ElfFile, type ElfSection } from "./btf/index.ts";
import { endOfType, kindOfType } from "./btf/parse-type.ts";
import { BpfError } from "./errors.ts";

/** What maps are called instead, by their names in C. */
export type MapNames = Readonly<Record<string, string>>;

/** Where fields are in headers of elf(5) and of Documentation/bpf/btf.rst. */
const elfFields = { sectionHeaders: 40, offset: 24, size: 32 };
const sectionHeaderSize = 64;
const symbolSize = 24;
/** `SHT_SYMTAB` */
const symbolTable = 2;
const btfFields = { header: 4, types: 8, typesSize: 12, strings: 16, stringsSize: 20 };

/** The kernel's longest name (`BPF_OBJ_NAME_LEN` of linux/bpf.h, without the NUL), and what it is made of. */
const kernelName = /^[A-Za-z0-9_.]{1,15}$/;

/**
 * An object file whose maps have other names: those of the symbols and of the type information, by which libbpf
 * calls the maps. The sections of names move to the end of the file, where there is room for longer ones.
 *
 * @throws {BpfError} `no-such-member`, `invalid-argument` for a name that the kernel does not take, or that is taken
 */
export function renameMaps(bytes: Uint8Array, elf: ElfFile, names: MapNames): Uint8Array {
  const renames = Object.entries(names);
  if (renames.length === 0) return bytes;
  const taken = new Set(elf.symbols.map((symbol) => symbol.name));
  for (const [map, name] of renames) {
    checkRename(elf, map, name, taken);
    taken.add(name);
  }
  const file = new ObjectPatch(bytes, elf);
  const wanted = new Map(renames);
  file.renameSymbols(wanted);
  file.renameVariables(wanted);
  return file.finish();
}

function checkRename(elf: ElfFile, map: string, name: string, taken: ReadonlySet<string>): void {
  const attempt = { operation: `rename map ${map} to ${name} in`, subject: elf.subject };
  const maps = elfSection(elf, ".maps")?.index;
  const named = (wanted: string) =>
    elf.symbols.some((symbol) => symbol.name === wanted && symbol.section === maps);
  if (maps === undefined || !named(map)) {
    const reason = `it defines no map ${map}`;
    throw new BpfError({ ...attempt, code: "no-such-member", reason });
  }
  if (!kernelName.test(name)) {
    const reason = "names in the kernel have 1 to 15 letters, digits, underscores and dots";
    throw new BpfError({ ...attempt, code: "invalid-argument", reason });
  }
  if (taken.has(name)) {
    const reason = "something else has the name already";
    throw new BpfError({ ...attempt, code: "invalid-argument", reason });
  }
}

/** A copy of the file, and the sections that grow. */
class ObjectPatch {
  readonly #elf: ElfFile;
  readonly #file: Uint8Array;
  /** Where the table of symbols begins in the file. */
  readonly #table: number;
  readonly #nameSection: ElfSection;
  readonly #typeSection: ElfSection;
  readonly #types: Uint8Array;
  readonly #addedNames: string[] = [];
  readonly #addedTypeNames: string[] = [];

  constructor(bytes: Uint8Array, elf: ElfFile) {
    this.#elf = elf;
    this.#file = Uint8Array.from(bytes);
    const symbols = required(elf, ({ type }) => type === symbolTable);
    this.#nameSection = required(elf, ({ index }) => index === symbols.link);
    this.#typeSection = required(elf, ({ name }) => name === ".BTF");
    this.#types = Uint8Array.from(this.#typeSection.bytes);
    // Sections are parts of the file's memory.
    this.#table = symbols.bytes.byteOffset - bytes.byteOffset;
  }

  renameSymbols(names: ReadonlyMap<string, string>): void {
    const view = viewOf(this.#file);
    for (const [index, symbol] of this.#elf.symbols.entries()) {
      const name = names.get(symbol.name);
      if (name === undefined) continue;
      const place = added(this.#nameSection.bytes.length, this.#addedNames, name);
      view.setUint32(this.#table + index * symbolSize, place, this.#elf.littleEndian);
    }
  }

  /** By the variables of the type information, libbpf knows the maps. */
  renameVariables(names: ReadonlyMap<string, string>): void {
    const { subject, littleEndian } = this.#elf;
    const source = { code: "malformed-btf", operation: "rename maps of", subject } as const;
    const view = createByteView(this.#types, littleEndian, { ...source, part: "BTF" });
    const header = view.u32(btfFields.header);
    const start = header + view.u32(btfFields.types);
    const types = view.part("BTF types", start, view.u32(btfFields.typesSize));
    const [place, size] = [header + view.u32(btfFields.strings), view.u32(btfFields.stringsSize)];
    const strings = view.part("BTF strings", place, size);
    if (place + size !== view.length) {
      throw view.error(btfFields.strings, "the names are not at the end, where there is room");
    }
    for (let at = 0, id = 1; at < types.length; at = endOfType(types, at, id), id++) {
      if (kindOfType(types, at, id) !== "variable") continue;
      const name = names.get(strings.text(types.u32(at)));
      if (name === undefined) continue;
      const offset = added(size, this.#addedTypeNames, name);
      viewOf(this.#types).setUint32(start + at, offset, littleEndian);
    }
  }

  /** The file, with what has grown at its end. */
  finish(): Uint8Array {
    const names = grown(this.#nameSection.bytes, this.#addedNames);
    const types = grown(this.#types, this.#addedTypeNames);
    const { littleEndian } = this.#elf;
    const stringsSize = viewOf(types).getUint32(btfFields.stringsSize, littleEndian);
    const more = types.length - this.#types.length;
    viewOf(types).setUint32(btfFields.stringsSize, stringsSize + more, littleEndian);
    const places = [
      { section: this.#nameSection, bytes: names },
      { section: this.#typeSection, bytes: types },
    ];
    const parts = [this.#file];
    let end = this.#file.length;
    for (const { section, bytes } of places) {
      const padding = new Uint8Array((8 - (end % 8)) % 8);
      this.#move(section, end + padding.length, bytes.length);
      parts.push(padding, bytes);
      end += padding.length + bytes.length;
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  #move({ index }: ElfSection, offset: number, size: number): void {
    const view = viewOf(this.#file);
    const { littleEndian } = this.#elf;
    const headers = Number(view.getBigUint64(elfFields.sectionHeaders, littleEndian));
    const header = headers + index * sectionHeaderSize;
    view.setBigUint64(header + elfFields.offset, BigInt(offset), littleEndian);
    view.setBigUint64(header + elfFields.size, BigInt(size), littleEndian);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Where a name will stand behind `size` bytes of names and those that were added. */
function added(size: number, names: string[], name: string): number {
  const place = size + names.reduce((sum, each) => sum + each.length + 1, 0);
  names.push(name);
  return place;
}

function grown(names: Uint8Array, more: readonly string[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat([names, Buffer.from(more.map((one) => `${one}\0`).join(""))]),
  );
}

function required(elf: ElfFile, is: (section: ElfSection) => boolean): ElfSection {
  const section = elf.sections.find(is);
  if (section !== undefined) return section;
  throw new BpfError({
    code: "invalid-object",
    operation: "rename maps of",
    subject: elf.subject,
    reason: "it has no symbols or no type information",
    hint: "compile with clang -g -target bpf",
  });
}
