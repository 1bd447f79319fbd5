import type { Btf, BtfKind, BtfType, BtfTypeOf } from "./btf.ts";
import { BtfError } from "./btf-error.ts";
import type { ByteView } from "./byte-view.ts";
import { endOfType, kindOfType, parseType, referencesOf, type Strings } from "./parse-type.ts";

/** Where types are read from. */
export interface TypeSource {
  readonly subject: string;
  readonly types: ByteView;
  readonly strings: Strings;
  /** Whose types come first. */
  readonly base: TypeGraph | undefined;
}

/** Types that are read when they are asked for: a kernel has more than a hundred thousand. */
export class TypeGraph implements Btf {
  readonly subject: string;
  readonly #source: TypeSource;
  /** How many types stand before those that are read here: those of the base, or `void`. */
  readonly #before: number;
  /** Where each type begins. */
  readonly #offsets: Uint32Array;
  readonly #read: (BtfType | undefined)[] = [];
  #all: readonly BtfType[] | undefined;
  #tags: ReadonlyMap<number, readonly Tag[]> | undefined;

  /** @throws {BtfError} `malformed-btf` for a type whose end cannot be told */
  constructor(source: TypeSource) {
    this.subject = source.subject;
    this.#source = source;
    this.#before = source.base?.count ?? 1;
    this.#offsets = findTypes(source.types, this.#before);
  }

  get count(): number {
    return this.#before + this.#offsets.length;
  }

  /** All names, those of the base first. */
  get strings(): Strings {
    return this.#source.strings;
  }

  get types(): readonly BtfType[] {
    this.#all ??= [
      ...(this.#source.base?.types ?? [nothing]),
      ...Array.from(this.#offsets, (_, index) => this.type(this.#before + index)),
    ];
    return this.#all;
  }

  type(id: number): BtfType {
    if (id < this.#before) return this.#source.base?.type(id) ?? nothing;
    const offset = this.#offsets[id - this.#before];
    if (offset === undefined) throw this.#noType(id);
    return (this.#read[id - this.#before] ??= this.#parse(id, offset));
  }

  find<K extends BtfKind>(kind: K, name: string): BtfTypeOf<K> | undefined {
    const isOfKind = (type: BtfType): type is BtfTypeOf<K> => type.kind === kind;
    if (name === "") return this.types.find(isOfKind);
    const inBase = this.#source.base?.find(kind, name);
    if (inBase !== undefined) return inBase;
    const { types, strings } = this.#source;
    const names = new Set(strings.find(name));
    for (const [index, offset] of this.#offsets.entries()) {
      const id = this.#before + index;
      if (!names.has(types.u32(offset)) || kindOfType(types, offset, id) !== kind) continue;
      const type = this.type(id);
      if (isOfKind(type)) return type;
    }
    return undefined;
  }

  tags(id: number, component = -1): readonly string[] {
    this.#tags ??= this.#collectTags();
    const own = (this.#tags.get(id) ?? []).filter((tag) => tag.component === component);
    const ofBase = id < this.#before ? (this.#source.base?.tags(id, component) ?? []) : [];
    return [...ofBase, ...own.map(({ text }) => text)];
  }

  #parse(id: number, offset: number): BtfType {
    const { types, strings } = this.#source;
    const type = parseType(types, strings, offset, id);
    const wrong = referencesOf(type).find((reference) => reference >= this.count);
    if (wrong === undefined) return type;
    throw new BtfError({
      code: "malformed-btf",
      operation: "read BTF",
      subject: this.subject,
      reason: `type ${String(id)} (${type.kind} ${JSON.stringify(type.name)}) refers to type ${String(wrong)}; the last is ${String(this.count - 1)}`,
    });
  }

  #collectTags(): ReadonlyMap<number, readonly Tag[]> {
    const tags = new Map<number, Tag[]>();
    for (const [index, offset] of this.#offsets.entries()) {
      const id = this.#before + index;
      if (kindOfType(this.#source.types, offset, id) !== "declaration-tag") continue;
      const type = this.type(id);
      if (type.kind !== "declaration-tag") continue;
      const known = tags.get(type.target) ?? [];
      known.push({ component: type.component, text: type.name });
      tags.set(type.target, known);
    }
    return tags;
  }

  #noType(id: number): BtfError {
    return new BtfError({
      code: "no-such-type",
      operation: "find type",
      subject: `${String(id)} in ${this.subject}`,
      reason: `the last type is ${String(this.count - 1)}`,
    });
  }
}

interface Tag {
  readonly component: number;
  readonly text: string;
}

const nothing: BtfType = { kind: "void", id: 0, name: "" };

/** Bytes of the smallest type. */
const smallest = 12;

function findTypes(types: ByteView, firstId: number): Uint32Array {
  const offsets = new Uint32Array(Math.ceil(types.length / smallest));
  let count = 0;
  for (let offset = 0; offset < types.length; count++) {
    offsets[count] = offset;
    offset = endOfType(types, offset, firstId + count);
  }
  return offsets.slice(0, count);
}
