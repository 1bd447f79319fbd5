import type { Btf } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";

const keywords = ["struct", "enum", "union", "typedef"] as const;

/**
 * The id of a type by its name in C, with or without its keyword: `struct event`, `event`.
 *
 * @throws {Bpf2tsError} `refused` when the object does not describe it
 */
export function findType(btf: Btf, name: string): number {
  const bare = name.replace(/^(?:struct|enum|union) /, "");
  const kinds = keywords.filter((keyword) => bare === name || name.startsWith(`${keyword} `));
  for (const kind of kinds) {
    const found = btf.find(kind, bare);
    if (found !== undefined) return found.id;
  }
  throw refusal(
    `type ${name}`,
    `${btf.subject} does not describe it`,
    `compile with -g, and name it in C: ${hintFor(bare)}`,
  );
}

function hintFor(name: string): string {
  return `const struct ${name} *unused_${name} __attribute__((unused));`;
}
