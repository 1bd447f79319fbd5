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
  const mtus = new Map<string, number>();
  for (const text of texts) {
    const [, node, bytes] = /^([^=]+)=([0-9]+)$/.exec(text) ?? [];
    if (node === undefined || bytes === undefined) {
      throw badOption(
        `node-mtu ${JSON.stringify(text)}`,
        "it is not NODE=BYTES",
        "as in node-1=1400",
      );
    }
    if (mtus.has(node)) throw badOption(`node-mtu ${text}`, `${node} has an MTU already`);
    mtus.set(node, Number(bytes));
  }
  return Object.fromEntries(mtus);
}

/** Reads `masquerade=off`, once or more. @throws {LabError} `bad-option` */
export function parseAgentOptions(texts: readonly string[]): Readonly<Record<string, string>> {
  const options = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = /^([a-zA-Z]+)=(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw badOption(
        `agent-option ${JSON.stringify(text)}`,
        "it is not NAME=VALUE",
        "as in masquerade=off",
      );
    }
    if (options.has(name)) throw badOption(`agent-option ${text}`, `${name} has a value already`);
    options.set(name, value);
  }
  return Object.fromEntries(options);
}
