import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { unpin } from "../pin.ts";

/** A folder for pins; disposing removes it and them. */
export interface BpffsFolder extends Disposable {
  path(name: string): string;
  /** What is pinned in it. */
  list(): readonly string[];
}

export function createBpffsFolder(): BpffsFolder {
  const folder = `/sys/fs/bpf/hdt-${randomBytes(4).toString("hex")}`;
  mkdirSync(folder);
  return {
    path: (name) => join(folder, name),
    list: () => readdirSync(folder).toSorted(),
    [Symbol.dispose]() {
      for (const name of readdirSync(folder)) unpin(join(folder, name));
      rmdirSync(folder);
    },
  };
}
