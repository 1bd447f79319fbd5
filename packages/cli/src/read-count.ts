import { InvalidArgumentError } from "commander";

/** Reads an option's value that is how many there are. */
export function readCount(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a number.");
}
