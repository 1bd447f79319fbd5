import type { Btf } from "./btf.ts";
import { BtfError } from "./btf-error.ts";
import { type ByteView, createByteView } from "./byte-view.ts";
import { type ElfFile, elfSection } from "./elf.ts";
import type { Strings } from "./parse-type.ts";
import { TypeGraph } from "./type-graph.ts";

/** `BTF_MAGIC` of include/uapi/linux/btf.h. */
const magic = 0xeb9f;
/** Bytes of `struct btf_header`; later kernels may append fields. */
const minimumHeader = 24;

/**
 * Reads BTF: the `.BTF` section of an object, or `/sys/kernel/btf/vmlinux`.
 *
 * ```ts
 * const vmlinux = parseBtf(readFileSync("/sys/kernel/btf/vmlinux"), "vmlinux");
 * const veth = parseBtf(readFileSync("/sys/kernel/btf/veth"), "veth", vmlinux);
 * ```
 *
 * The types of an object are all read at once, and what is wrong with one of them is an error here. A kernel's are
 * found in some milliseconds and each is read when it is asked for, so that its error comes then.
 *
 * @param subject how errors name the file
 * @param base what split BTF builds on: for a module's, the kernel's; its types come first
 * @throws {BtfError} `malformed-btf`, which names part and offset
 */
export function parseBtf(bytes: Uint8Array, subject: string, base?: Btf): Btf {
  const view = createByteView(bytes, isLittleEndian(bytes, subject), {
    code: "malformed-btf",
    operation: "read BTF",
    subject,
    part: "BTF header",
  });
  if (base !== undefined && !(base instanceof TypeGraph)) throw foreignBase(base);
  const { types, strings } = readParts(view, base?.strings);
  const graph = new TypeGraph({ subject, types, strings, base });
  // Reading them checks them.
  if (bytes.length <= readAtOnce) void graph.types;
  return graph;
}

/**
 * Bytes up to which all types are read and checked at once, which takes some milliseconds at most. Of a kernel's,
 * of 5 MB and more, each is read when it is asked for.
 */
const readAtOnce = 256 * 1024;

function foreignBase({ subject }: Btf): BtfError {
  return new BtfError({
    code: "malformed-btf",
    operation: "read BTF that builds on",
    subject,
    reason: "it was not made by parseBtf",
  });
}

/**
 * The type information of an object.
 *
 * @throws {BtfError} `no-btf` or `malformed-btf`
 */
export function btfOfElf(elf: ElfFile): Btf {
  const section = elfSection(elf, ".BTF");
  if (section !== undefined) return parseBtf(section.bytes, `${elf.subject} section .BTF`);
  throw new BtfError({
    code: "no-btf",
    operation: "read BTF",
    subject: elf.subject,
    reason: "there is no section .BTF",
    hint: "compile with clang -g -target bpf",
  });
}

function isLittleEndian(bytes: Uint8Array, subject: string): boolean {
  const [first, second] = bytes;
  if (first === (magic & 0xff) && second === magic >> 8) return true;
  if (first === magic >> 8 && second === (magic & 0xff)) return false;
  throw new BtfError({
    code: "malformed-btf",
    operation: "read BTF",
    subject,
    reason: `BTF header, offset 0: the magic number 0x${magic.toString(16)} is missing`,
  });
}

/** With `base`, whose strings come first, the strings of the view alone need not begin with an empty one. */
function readParts(
  view: ByteView,
  base: Strings | undefined,
): { types: ByteView; strings: Strings } {
  const version = view.u8(2);
  if (version !== 1) throw view.error(2, `version ${String(version)} instead of 1`);
  const header = view.u32(4);
  if (header < minimumHeader) {
    throw view.error(4, `a header of ${String(header)} bytes, at least 24 are needed`);
  }
  const types = view.part("BTF types", header + view.u32(8), view.u32(12));
  const strings = view.part("BTF strings", header + view.u32(16), view.u32(20));
  if (base !== undefined && strings.length === 0) return { types, strings: base };
  // With both ends NUL, every offset into the strings is the beginning of a terminated text.
  if (base === undefined && strings.u8(0) !== 0) {
    throw strings.error(0, "the first string is not empty");
  }
  if (strings.u8(strings.length - 1) !== 0) {
    throw strings.error(strings.length - 1, "the last string does not end");
  }
  return { types, strings: base === undefined ? strings : joined(base, strings) };
}

function joined(base: Strings, own: ByteView): Strings {
  const { length } = base;
  return {
    length: length + own.length,
    text: (offset) => (offset < length ? base.text(offset) : own.text(offset - length)),
    find: (text) => [...base.find(text), ...own.find(text).map((offset) => length + offset)],
  };
}
