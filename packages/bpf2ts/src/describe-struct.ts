import { type Btf, type BtfComposite, type BtfMember, layoutOf, sizeOf } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import { describeLooseFields } from "./loose-fields.ts";
import type { FieldModel, StructModel, TypeModel } from "./model.ts";
import {
  camelCase,
  freeTypeName,
  isIdentifier,
  isReserved,
  pascalCase,
  repeatedName,
} from "./names.ts";

/** Describes the type of a field. */
export type FieldDescriber = (
  id: number,
  place: { readonly subject: string; readonly name?: string; readonly isText?: boolean },
) => TypeModel;

/**
 * A struct with its fields. Where it is strict, every byte must be a field's: what the compiler fills in has no
 * name that programs could set to 0, and the kernel compares keys byte by byte.
 *
 * @param cName undefined for one that has no name in C, nor a place to be named after
 * @throws {Bpf2tsError} `refused`
 */
export function describeStruct(
  { btf, strict }: { readonly btf: Btf; readonly strict: boolean },
  type: BtfComposite,
  cName: string | undefined,
  subject: string,
  describeType: FieldDescriber,
): StructModel {
  if (cName === undefined) throw refusal(subject, "a struct without a name", "give it one");
  const fields = strict
    ? describeStrictFields(btf, type, cName, describeType)
    : describeLooseFields(btf, type, cName, describeType);
  if (fields.length === 0) throw refusal(`struct ${cName}`, "it has no fields");
  const twice = repeatedName(fields.map((field) => field.tsName));
  if (twice !== undefined) {
    throw refusal(`struct ${cName}`, `two fields are called \`${twice}\``, "rename one");
  }
  return {
    cName,
    tsName: strict ? pascalCase(cName) : freeTypeName(cName, "struct"),
    size: type.size,
    fields,
    layout: layoutOf(btf, type.id),
  };
}

function describeStrictFields(
  btf: Btf,
  type: BtfComposite,
  cName: string,
  describeType: FieldDescriber,
): readonly FieldModel[] {
  checkBitfields(type, cName);
  checkPadding(btf, type, cName);
  const fields = type.members.flatMap((member, index) => {
    const isText = btf.tags(type.id, index).includes("text");
    return describeField(cName, member, (id, field) =>
      describeType(id, { subject: field, isText }),
    );
  });
  checkNames(fields, cName);
  return fields;
}

function checkBitfields(type: BtfComposite, cName: string): void {
  const bitfield = type.members.find((member) => member.bitSize > 0 || member.bitOffset % 8 !== 0);
  if (bitfield === undefined) return;
  throw refusal(
    `struct ${cName}.${bitfield.name}`,
    "a bitfield lies where the compiler likes",
    "use a whole integer with masks",
  );
}

function checkPadding(btf: Btf, type: BtfComposite, cName: string): void {
  let end = 0;
  let last = "";
  for (const member of [...type.members, { name: "", type: 0, bitOffset: type.size * 8 }]) {
    const gap = member.bitOffset / 8 - end;
    if (gap > 0) {
      const count = gap === 1 ? "1 byte" : `${String(gap)} bytes`;
      throw refusal(
        last === "" ? `struct ${cName}` : `struct ${cName}.${last}`,
        `${count} of implicit padding after it at offset ${String(end)}`,
        `add an explicit field: __u8 reserved[${String(gap)}]`,
      );
    }
    last = member.name;
    if (member.type !== 0) end = member.bitOffset / 8 + sizeOf(btf, member.type);
  }
}

function describeField(
  cName: string,
  member: BtfMember,
  describeType: (id: number, subject: string) => TypeModel,
): readonly FieldModel[] {
  const { name, bitOffset } = member;
  const subject = `struct ${cName}.${name === "" ? "(anonymous)" : name}`;
  if (name === "") {
    throw refusal(subject, "an anonymous struct or union", "give the field a name");
  }
  const type = describeType(member.type, subject);
  if (isReserved(name)) return [];
  return [{ cName: name, tsName: camelCase(name), offset: bitOffset / 8, type }];
}

function checkNames(fields: readonly FieldModel[], cName: string): void {
  const nameless = fields.find((field) => !isIdentifier(field.tsName));
  if (nameless === undefined) return;
  const reason = `\`${nameless.tsName}\` is no name in TypeScript`;
  throw refusal(`struct ${cName}.${nameless.cName}`, reason, "rename it");
}
