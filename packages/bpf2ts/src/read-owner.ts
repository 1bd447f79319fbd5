import type { Btf, BtfVariable } from "libbpf-napi";
import { refusal } from "./bpf2ts-error.ts";

/** The package that OWNER or EXPORT names. @throws {Bpf2tsError} `refused` unless it is exactly one */
export function readOwner(btf: Btf, variable: BtfVariable, subject: string): string {
  const prefix = "owner:";
  const owners = btf.tags(variable.id).filter((tag) => tag.startsWith(prefix));
  const [owner] = owners;
  if (owner !== undefined && owners.length === 1) return owner.slice(prefix.length);
  throw refusal(
    subject,
    `it has ${owners.length === 0 ? "no owner" : `${String(owners.length)} owners`}`,
    'name the one package that writes it with OWNER("...")',
  );
}
