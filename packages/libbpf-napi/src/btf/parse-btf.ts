import type { Btf, BtfKind, BtfType, BtfTypeOf } from "./btf.ts";
import { BtfError } from "./btf-error.ts";
import { type ByteView, createByteView } from "./byte-view.ts";
import { type ElfFile, elfSection } from "./elf.ts";
import { parseType, referencesOf, type Strings } from "./parse-type.ts";

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
  const { types, strings } = readParts(view, base === undefined ? undefined : stringsOf(base));
  const graph: BtfType[] = [...(base?.types ?? [{ kind: "void", id: 0, name: "" }])];
  for (let offset = 0; offset < types.length;) {
    const parsed = parseType(types, strings, offset, graph.length);
    graph.push(parsed.type);
    offset = parsed.end;
  }
  checkReferences(graph, subject);
  const parsed = new TypeGraph(subject, graph);
  stringsOfGraphs.set(parsed, strings);
  return parsed;
}

/** Kept for split BTF, which uses the names of what it builds on. */
const stringsOfGraphs = new WeakMap<Btf, Strings>();

function stringsOf(base: Btf): Strings {
  const strings = stringsOfGraphs.get(base);
  if (strings !== undefined) return strings;
  throw new BtfError({
    code: "malformed-btf",
    operation: "read BTF that builds on",
    subject: base.subject,
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
  };
}

function checkReferences(graph: readonly BtfType[], subject: string): void {
  for (const type of graph) {
    for (const reference of referencesOf(type)) {
      if (reference < graph.length) continue;
      throw new BtfError({
        code: "malformed-btf",
        operation: "read BTF",
        subject,
        reason: `type ${String(type.id)} (${type.kind} ${JSON.stringify(type.name)}) refers to type ${String(reference)}; the last is ${String(graph.length - 1)}`,
      });
    }
  }
}

class TypeGraph implements Btf {
  readonly subject: string;
  readonly types: readonly BtfType[];
  #byName: ReadonlyMap<string, readonly BtfType[]> | undefined;
  #tags: ReadonlyMap<number, readonly { component: number; text: string }[]> | undefined;

  constructor(subject: string, types: readonly BtfType[]) {
    this.subject = subject;
    this.types = types;
  }

  type(id: number): BtfType {
    const type = this.types[id];
    if (type !== undefined) return type;
    throw new BtfError({
      code: "no-such-type",
      operation: "find type",
      subject: `${String(id)} in ${this.subject}`,
      reason: `the last type is ${String(this.types.length - 1)}`,
    });
  }

  find<K extends BtfKind>(kind: K, name: string): BtfTypeOf<K> | undefined {
    this.#byName ??= Map.groupBy(this.types, (type) => type.name);
    const isOfKind = (type: BtfType): type is BtfTypeOf<K> => type.kind === kind;
    return this.#byName.get(name)?.find(isOfKind);
  }

  tags(id: number, component = -1): readonly string[] {
    this.#tags ??= collectTags(this.types);
    const tags = this.#tags.get(id) ?? [];
    return tags.filter((tag) => tag.component === component).map((tag) => tag.text);
  }
}

function collectTags(
  types: readonly BtfType[],
): ReadonlyMap<number, readonly { component: number; text: string }[]> {
  const tags = new Map<number, { component: number; text: string }[]>();
  for (const type of types) {
    if (type.kind !== "declaration-tag") continue;
    const known = tags.get(type.target) ?? [];
    known.push({ component: type.component, text: type.name });
    tags.set(type.target, known);
  }
  return tags;
}
