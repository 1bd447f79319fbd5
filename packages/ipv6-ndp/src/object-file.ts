import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NdpError } from "./ndp-error.ts";

/**
 * The object lies beside `src` as beside `dist`.
 *
 * @throws {NdpError} `object-missing`
 */
export function ndpObjectFile(): string {
  const path = fileURLToPath(new URL("../objects/ndp.bpf.o", import.meta.url));
  if (existsSync(path)) return path;
  throw new NdpError({
    code: "object-missing",
    operation: "load programs of",
    subject: "ndp",
    reason: `there is no ${path}`,
    hint: "in a clone of the repository: npx nx run bpf:bpf",
  });
}
