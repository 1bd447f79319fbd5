import type { BtfEnum } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import { sizedCodec } from "./describe-scalar.ts";
import type { EnumModel } from "./model.ts";
import {
  camelCase,
  enumeratorNames,
  freeTypeName,
  isIdentifier,
  pascalCase,
  repeatedName,
} from "./names.ts";

/**
 * An enum with its values.
 *
 * @param cName undefined for one that has no name in C, nor a place to be named after
 * @throws {Bpf2tsError} `refused`
 */
export function describeEnum(
  type: BtfEnum,
  cName: string | undefined,
  { subject, strict }: { readonly subject: string; readonly strict: boolean },
): EnumModel {
  if (cName === undefined) throw refusal(subject, "an enum without a name", "give it one");
  if (type.enumerators.length === 0) throw refusal(subject, `enum ${cName} is only declared`);
  if (type.size === 8 && type.valueBits === 32) {
    throw refusal(
      `enum ${cName}`,
      "the compiler recorded the lower halves of its values only",
      "write `: unsigned long long` instead of `: __u64`",
    );
  }
  const tsNames = enumeratorNames(
    cName,
    type.enumerators.map(({ name }) => name),
  );
  const twice = repeatedName(tsNames);
  if (twice !== undefined) {
    throw refusal(`enum ${cName}`, `two values are called \`${twice}\``, "rename one");
  }
  return {
    cName,
    tsName: strict ? pascalCase(cName) : freeTypeName(cName, "enum"),
    codec: sizedCodec(type, subject),
    enumerators: type.enumerators.map(({ name, value }, index) => ({
      cName: name,
      tsName: valueName(tsNames[index], name),
      value,
    })),
  };
}

/** `_UNDERSCORED` stays what it is where it would be no name otherwise. */
function valueName(tsName: string | undefined, cName: string): string {
  return tsName !== undefined && isIdentifier(tsName) ? tsName : camelCase(`value_${cName}`);
}
