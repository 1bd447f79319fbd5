import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCorrections, type DesiredSet, type ReconcileTarget } from "@heddle/tables";

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
    const corrections = createCorrections("files");
    const undesired = (await readdir(this.#folder)).filter((name) => !desired.has(name));
    await corrections.each(undesired, (name) => this.delete(name));
    for (const [name, text] of desired.entries()) {
      if ((await this.#read(name)) === text) continue;
      await corrections.each([name], () => this.update(name, text));
    }
    corrections.end();
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), "utf8");
    } catch {
      return undefined;
    }
  }
}
