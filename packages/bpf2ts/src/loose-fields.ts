import { type Btf, type BtfComposite, type BtfMember, resolveType, sizeOf } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import type { FieldDescriber } from "./describe-struct.ts";
import { describeUnion } from "./describe-union.ts";
import type { FieldModel } from "./model.ts";
import { propertyName } from "./names.ts";

/** The largest bitfield that a `number` holds. */
const maxBits = 32;

/**
 * The fields of a struct as C has them: padding is left out, bitfields are numbers, members of anonymous structs are
 * the struct's own. An anonymous union is called after its first member.
 *
 * @throws {Bpf2tsError} `refused` for what has no form at all
 */
export function describeLooseFields(
  btf: Btf,
  type: BtfComposite,
  cName: string,
  describeType: FieldDescriber,
  base = 0,
): readonly FieldModel[] {
  return type.members.flatMap((member, index) => {
    if (member.name === "") return innerFields(btf, member, cName, describeType, base);
    if (member.bitSize > 0) return [bitField(btf, member, cName, base)];
    if (sizeOf(btf, member.type) === 0) return [];
    return [
      {
        cName: member.name,
        tsName: propertyName(member.name),
        offset: base + member.bitOffset / 8,
        type: describeType(member.type, {
          subject: `struct ${cName}.${member.name}`,
          name: `${cName}_${member.name}`,
          isText: btf.tags(type.id, index).includes("text"),
        }),
      },
    ];
  });
}

function innerFields(
  btf: Btf,
  member: BtfMember,
  cName: string,
  describeType: FieldDescriber,
  base: number,
): readonly FieldModel[] {
  const { type } = resolveType(btf, member.type);
  // C lets a bitfield without a name leave bits out.
  if (type.kind === "int" || type.kind === "enum") return [];
  if (type.kind === "struct") {
    return describeLooseFields(btf, type, cName, describeType, base + member.bitOffset / 8);
  }
  const subject = `struct ${cName}.(anonymous)`;
  if (type.kind !== "union") throw refusal(subject, `a ${type.kind} without a name`);
  const first = type.members.find(({ name }) => name !== "")?.name ?? String(member.bitOffset / 8);
  const offset = base + member.bitOffset / 8;
  const name = `${first}_union`;
  return [{ cName: name, tsName: propertyName(name), offset, type: describeUnion(btf, type) }];
}

function bitField(btf: Btf, member: BtfMember, cName: string, base: number): FieldModel {
  const { name, bitOffset, bitSize } = member;
  const { type } = resolveType(btf, member.type);
  const subject = `struct ${cName}.${name}`;
  if (bitSize > maxBits) throw refusal(subject, `a bitfield of ${String(bitSize)} bits`);
  const signed = "signed" in type && type.signed;
  const first = base * 8 + bitOffset;
  return {
    cName: name,
    tsName: propertyName(name),
    offset: 0,
    type: { kind: "bitfield", first, count: bitSize, signed },
  };
}
