import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LoadedObject, loadObject } from "libbpf-napi";
import { impairObject } from "../generated/bpf.ts";
import { LabError } from "../lab-error.ts";

/**
 * Loads the programs that impair, with the maps that are pinned in the folder, or new ones that are then pinned.
 *
 * @throws {LabError} `object-missing`
 */
export async function loadImpairPrograms(pins: string): Promise<LoadedObject> {
  mkdirSync(pins, { recursive: true });
  const maps = Object.fromEntries(sharedMaps.map((name) => [name, { pin: join(pins, name) }]));
  return await loadObject(impairObject, objectFile(), { maps });
}

/** All but the scratch space, which each loading has of its own. */
const sharedMaps = ["impairments", "impair_counts", "impair_line"] as const;

/** Object files lie beside `src` as beside `dist`. */
function objectFile(): string {
  const path = fileURLToPath(new URL("../../objects/impair.bpf.o", import.meta.url));
  if (existsSync(path)) return path;
  throw new LabError({
    code: "object-missing",
    operation: "load programs of",
    subject: impairObject.name,
    reason: `there is no ${path}`,
    hint: "in a clone of the repository: npx nx run bpf:bpf",
  });
}
