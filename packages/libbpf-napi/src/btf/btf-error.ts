import { CodedError } from "@heddle/contracts";

export type BtfErrorCode =
  | "not-elf"
  | "unsupported-elf"
  | "malformed-elf"
  | "no-btf"
  | "malformed-btf"
  | "no-such-type"
  | "no-layout";

/**
 * Bytes that are not the ELF file or the BTF they were taken for, or a type that is not in them.
 *
 * - `not-elf`, `unsupported-elf`: another kind of file, or an ELF file of a class that BPF objects never have.
 * - `malformed-elf`, `malformed-btf`: cut short or contradicting itself; the reason names section and offset.
 * - `no-btf`: an ELF file without type information.
 * - `no-such-type`: no type has this id, or no field this name.
 * - `no-layout`: the type has no size, such as a function or a struct that is only declared.
 */
export class BtfError extends CodedError<BtfErrorCode> {}
