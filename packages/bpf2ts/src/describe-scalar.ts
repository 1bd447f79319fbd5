import type { BtfInt } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";
import type { ScalarCodec } from "./model.ts";

/** Typedefs with a width and a byte order; the kernel's, and those of stdint.h. */
const fixedWidth: Readonly<Record<string, ScalarCodec>> = {
  __u8: "u8",
  __u16: "u16",
  __u32: "u32",
  __u64: "u64",
  __s8: "s8",
  __s16: "s16",
  __s32: "s32",
  __s64: "s64",
  __be16: "u16be",
  __be32: "u32be",
  __be64: "u64be",
  uint8_t: "u8",
  uint16_t: "u16",
  uint32_t: "u32",
  uint64_t: "u64",
  int8_t: "s8",
  int16_t: "s16",
  int32_t: "s32",
  int64_t: "s64",
};

/** Typedefs that have a width, but a byte order that no codec knows. */
const otherOrder = new Set(["__le16", "__le32", "__le64", "__sum16", "__wsum"]);

/**
 * The codec of an integer whose typedef says width and byte order.
 *
 * @throws {Bpf2tsError} `refused` for one that C could make wider or narrower elsewhere
 */
export function fixedIntegerCodec(
  type: BtfInt,
  typedefs: readonly string[],
  subject: string,
): ScalarCodec {
  if (type.bool) return "bool";
  if (type.name === "char") {
    throw refusal(subject, "`char` is text or a number", "use char[] with TEXT, or __u8");
  }
  const name = typedefs.find((each) => otherOrder.has(each) || Object.hasOwn(fixedWidth, each));
  const codec = name === undefined ? undefined : fixedWidth[name];
  if (codec !== undefined) return codec;
  if (name !== undefined) {
    throw refusal(subject, `${name} has a byte order of its own`, "make it a domain type");
  }
  const fixed = `__${type.signed ? "s" : "u"}${String(type.size * 8)}`;
  const written = typedefs[0] ?? type.name;
  throw refusal(subject, `\`${written}\` has no fixed width`, `use ${fixed}`);
}

/**
 * The codec of any integer by the width that it has in BPF programs, where `long` has 8 bytes. Machines that
 * run libbpf-napi are little-endian, so `__le32` is a plain integer.
 *
 * @throws {Bpf2tsError} `refused` for 128 bits
 */
export function integerCodec(
  type: BtfInt,
  typedefs: readonly string[],
  subject: string,
): ScalarCodec {
  if (type.bool) return "bool";
  const name = typedefs.find((each) => Object.hasOwn(fixedWidth, each));
  const codec = name === undefined ? undefined : fixedWidth[name];
  return codec ?? sizedCodec(type, subject);
}

/** The codec of an integer of this size. @throws {Bpf2tsError} `refused` */
export function sizedCodec(
  { size, signed }: { readonly size: number; readonly signed: boolean },
  subject: string,
): ScalarCodec {
  const codec = fixedWidth[`__${signed ? "s" : "u"}${String(size * 8)}`];
  if (codec === undefined) throw refusal(subject, `an integer of ${String(size)} bytes`);
  return codec;
}

/** @throws {Bpf2tsError} `refused` */
export function floatCodec(size: number, subject: string): ScalarCodec {
  if (size === 4) return "f32";
  if (size === 8) return "f64";
  throw refusal(subject, `a floating point number of ${String(size)} bytes`);
}
