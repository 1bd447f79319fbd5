import { invalidField } from "../packet-error.ts";

/**
 * The names of a number space, such as IP protocols. A value is the name where there is one and the bare
 * number otherwise, so that unknown numbers survive.
 */
export interface NameTable<Name extends string> {
  nameOf(number: number): Name | number;
  /**
   * The number of a name; a number is itself.
   *
   * @throws {PacketError} `invalid-field` for an unknown name; `where` names the field in the message
   */
  numberOf(value: Name | number, where?: string): number;
}

export function nameTable<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): NameTable<Name> {
  const byName = new Map<string, number>(Object.entries<number>(numbers));
  const byNumber = new Map<number, Name>();
  for (const name in numbers) byNumber.set(numbers[name], name);
  return {
    nameOf: (number) => byNumber.get(number) ?? number,
    numberOf(value, where = "name") {
      if (typeof value === "number") return value;
      const number = byName.get(value);
      if (number !== undefined) return number;
      throw invalidField(where, `${JSON.stringify(value)} is not a known name`, "give its number");
    },
  };
}
