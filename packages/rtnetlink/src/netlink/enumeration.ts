import { RtnetlinkError } from "../rtnetlink-error.ts";

/** Names for numbers; a number without a name stands for itself. */
export interface Enumeration<Name extends string> {
  /** @throws {RtnetlinkError} `invalid` for a name that is not one of these */
  toNumber(value: Name | number): number;
  toName(number: number): Name | number;
}

/** @param what names the enumeration in errors: `route type` */
export function enumeration<Name extends string>(
  what: string,
  numbers: Readonly<Record<Name, number>>,
): Enumeration<Name> {
  const { byName, byNumber } = index(numbers);
  return {
    toNumber(value) {
      const number = typeof value === "number" ? value : byName.get(value);
      if (number === undefined) throw unknownName(what, value, byName);
      return number;
    },
    toName: (number) => byNumber.get(number) ?? number,
  };
}

/** Names for bits; a bit without a name is the number that has only this bit. */
export interface FlagSet<Name extends string> {
  /** @throws {RtnetlinkError} `invalid` for a name that is not one of these */
  toBits(flags: readonly (Name | number)[]): number;
  /** In ascending order of the bits. */
  toFlags(bits: number): readonly (Name | number)[];
}

/** @param what names the set in errors: `address flag` */
export function flagSet<Name extends string>(
  what: string,
  bits: Readonly<Record<Name, number>>,
): FlagSet<Name> {
  const { byName, byNumber } = index(bits);
  return {
    toBits(flags) {
      let sum = 0;
      for (const flag of flags) {
        const bit = typeof flag === "number" ? flag : byName.get(flag);
        if (bit === undefined) throw unknownName(what, flag, byName);
        sum |= bit;
      }
      return sum >>> 0;
    },
    toFlags(value) {
      const flags: (Name | number)[] = [];
      for (let rest = value; rest !== 0;) {
        const bit = (rest & -rest) >>> 0;
        flags.push(byNumber.get(bit) ?? bit);
        rest = (rest & ~bit) >>> 0;
      }
      return flags;
    },
  };
}

function index<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): { readonly byName: Map<string, number>; readonly byNumber: Map<number, Name> } {
  const byName = new Map<string, number>();
  const byNumber = new Map<number, Name>();
  for (const name in numbers) {
    byName.set(name, numbers[name]);
    byNumber.set(numbers[name], name);
  }
  return { byName, byNumber };
}

function unknownName(
  what: string,
  name: string | number,
  known: ReadonlyMap<string, number>,
): RtnetlinkError {
  return new RtnetlinkError({
    code: "invalid",
    operation: "encode attribute",
    subject: `${what} ${JSON.stringify(name)}`,
    reason: "there is none of this name",
    hint: `known: ${[...known.keys()].join(", ")}; any other by its number`,
  });
}
