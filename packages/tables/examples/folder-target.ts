import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DesiredSet, ReconcileTarget } from "@heddle/tables";

/** A folder that holds a file per key, and nothing else. */
export class FolderTarget implements ReconcileTarget<string, string> {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whoever reads the file meanwhile sees the old text or the new one. */
  async update(name: string, text: string): Promise<void> {
    const draft = join(this.#folder, `.${name}.draft`);
    await writeFile(draft, text);
    await rename(draft, join(this.#folder, name));
  }

  async delete(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  /** One file that cannot be put right does not keep the others from it. */
  async prune(desired: DesiredSet<string, string>): Promise<void> {
    const failures: unknown[] = [];
    const note = (error: unknown) => failures.push(error);
    for (const name of await readdir(this.#folder)) {
      if (!desired.has(name)) await this.delete(name).catch(note);
    }
    for (const [name, text] of desired.entries()) {
      if ((await this.#read(name)) !== text) await this.update(name, text).catch(note);
    }
    if (failures.length > 0) throw new AggregateError(failures, "not all files could be put right");
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), "utf8");
    } catch {
      return undefined;
    }
  }
}
