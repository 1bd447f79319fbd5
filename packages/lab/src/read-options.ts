import type { IpFamily } from "@heddle/contracts";
import { badOption } from "./check-options.ts";

/**
 * Reads what `--family` and `--underlay` say.
 *
 * @throws {LabError} `bad-option`
 */
export function parseFamilies(text: string, option = "family"): readonly IpFamily[] {
  switch (text) {
    case "dual":
      return [4, 6];
    case "ipv4":
      return [4];
    case "ipv6":
      return [6];
    default:
      throw badOption(`${option} ${JSON.stringify(text)}`, "it is dual, ipv4 or ipv6");
  }
}

/**
 * Reads what `--node-mtu` says: each `NODE=BYTES`.
 *
 * @throws {LabError} `bad-option`
 */
export function parseNodeMtus(texts: readonly string[]): Readonly<Record<string, number>> {
  const pairs = readPairs(texts, {
    option: "node-mtu",
    pattern: /^([^=]+)=([0-9]+)$/,
    form: "NODE=BYTES",
    example: "node-1=1400",
    value: "an MTU",
  });
  return Object.fromEntries(pairs.entries().map(([node, bytes]) => [node, Number(bytes)]));
}

/**
 * Reads what `--agent-option` says: each `NAME=VALUE`.
 *
 * @throws {LabError} `bad-option`
 */
export function parseAgentOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = readPairs(texts, {
    option: "agent-option",
    pattern: /^([a-zA-Z]+)=(.*)$/,
    form: "NAME=VALUE",
    example: "masquerade=off",
    value: "a value",
  });
  return Object.fromEntries(pairs);
}

/** An option that says something of a name, each name once. */
interface PairsOption {
  readonly option: string;
  /** Finds the name and what is said of it. */
  readonly pattern: RegExp;
  readonly form: string;
  readonly example: string;
  /** What a name has then. */
  readonly value: string;
}

function readPairs(
  texts: readonly string[],
  { option, pattern, form, example, value }: PairsOption,
): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const [, name, said] = pattern.exec(text) ?? [];
    if (name === undefined || said === undefined) {
      throw badOption(`${option} ${JSON.stringify(text)}`, `it is not ${form}`, `as in ${example}`);
    }
    if (pairs.has(name)) throw badOption(`${option} ${text}`, `${name} has ${value} already`);
    pairs.set(name, said);
  }
  return pairs;
}
