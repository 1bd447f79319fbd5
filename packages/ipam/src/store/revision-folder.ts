import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { toError } from "@heddle/contracts";
import type { StoredObject } from "./object-store.ts";
import { StoreError } from "./store-error.ts";

/** What the store holds since one of its writes. */
export interface Contents<V> {
  /** How many writes there were. */
  readonly revision: number;
  readonly objects: ReadonlyMap<string, StoredObject<V>>;
  /** Marks of the last writes, the latest one first. */
  readonly marks: readonly string[];
}

export interface RevisionFolderDeps<V> {
  readonly decode: (json: unknown) => V;
  readonly encode: (value: V) => unknown;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How many revisions stay behind the latest one. While they do, their numbers cannot be taken again. */
const keptRevisions = 16;
const keptMarks = 4 * keptRevisions;
/** Milliseconds after which a file that never got its name is one of a writer that has died. */
const abandonedAfter = 600_000;
const format = "heddle-store/1";

/** The files of a store: `N.json` for the contents after N writes. */
export class RevisionFolder<V> {
  readonly #path: string;
  readonly #deps: RevisionFolderDeps<V>;
  /** What the file of this revision has; it never changes. */
  #known: Contents<V> | undefined;

  constructor(path: string, deps: RevisionFolderDeps<V>) {
    this.#path = path;
    this.#deps = deps;
  }

  get path(): string {
    return this.#path;
  }

  /** The latest contents. */
  async read(): Promise<Contents<V>> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a file that is gone was followed by others
      const revision = latest(await this.#revisions());
      if (revision === 0) return { revision, objects: new Map(), marks: [] };
      if (this.#known?.revision === revision) return this.#known;
      // oxlint-disable-next-line no-await-in-loop
      const text = await this.#textOf(revision);
      if (text === undefined) continue;
      this.#known = this.#parse(text, revision);
      return this.#known;
    }
  }

  /** Writes what follows `base`. False when somebody else has written it first. */
  async write(base: Contents<V>, objects: ReadonlyMap<string, StoredObject<V>>): Promise<boolean> {
    const mark = randomUUID();
    const revision = base.revision + 1;
    const marks = [mark, ...base.marks].slice(0, keptMarks);
    const text = this.#format({ revision, objects, marks });
    if (!(await this.#guarded("write", () => this.#publish(revision, mark, text)))) return false;
    await this.#check(revision, mark);
    return true;
  }

  /** The name appears with the whole file or not at all, and only once. */
  async #publish(revision: number, mark: string, text: string): Promise<boolean> {
    await mkdir(this.#path, { recursive: true });
    const draft = join(this.#path, `draft-${mark}`);
    const file = await open(draft, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(draft, this.#fileOf(revision));
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await unlink(draft);
    }
    await this.#syncFolder();
    return true;
  }

  /**
   * A number that is free because its file was removed long ago is not the latest one: the write did not count. That
   * takes a writer which slept through more writes than are kept.
   */
  async #check(revision: number, mark: string): Promise<void> {
    const revisions = await this.#revisions();
    if (latest(revisions) < revision + keptRevisions) return this.#clean(revisions);
    if ((await this.read()).marks.includes(mark)) return;
    throw new StoreError({
      code: "unknown-outcome",
      operation: "write revision",
      subject: `${String(revision)} of ${this.#path}`,
      reason: `others went on to revision ${String(latest(revisions))} meanwhile, and it cannot be told whether this write counted`,
      hint: "read again what is there",
    });
  }

  async #clean(revisions: readonly number[]): Promise<void> {
    const old = revisions.filter((revision) => revision <= latest(revisions) - keptRevisions);
    // The lowest go first, so that a number is free only when all below it are.
    for (const revision of old.toSorted((a, b) => a - b)) {
      // oxlint-disable-next-line no-await-in-loop
      await unlinkIfThere(this.#fileOf(revision));
    }
    if (old.length > 0) await this.#cleanDrafts();
  }

  async #cleanDrafts(): Promise<void> {
    const names = await readdir(this.#path);
    const drafts = names.filter((name) => name.startsWith("draft-"));
    for (const name of drafts) {
      const path = join(this.#path, name);
      // oxlint-disable-next-line no-await-in-loop
      const modified = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      // oxlint-disable-next-line no-await-in-loop
      if (modified < this.#deps.now() - abandonedAfter) await unlinkIfThere(path);
    }
  }

  async #revisions(): Promise<readonly number[]> {
    const names = await this.#guarded("read", async () => {
      try {
        return await readdir(this.#path);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      }
    });
    return names.flatMap((name) => {
      const [, digits] = /^([1-9][0-9]{0,14})\.json$/.exec(name) ?? [];
      return digits === undefined ? [] : [Number(digits)];
    });
  }

  async #textOf(revision: number): Promise<string | undefined> {
    return this.#guarded("read", async () => {
      try {
        return await readFile(this.#fileOf(revision), "utf8");
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    });
  }

  async #syncFolder(): Promise<void> {
    const folder = await open(this.#path);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #fileOf(revision: number): string {
    return join(this.#path, `${String(revision)}.json`);
  }

  #format({ revision, objects, marks }: Contents<V>): string {
    const values = Array.from(objects.values(), ({ name, version, value }) => ({
      name,
      version,
      value: this.#deps.encode(value),
    }));
    return `${JSON.stringify({ format, revision, marks, objects: values }, undefined, 1)}\n`;
  }

  #parse(text: string, revision: number): Contents<V> {
    try {
      return readContents(JSON.parse(text), revision, this.#deps.decode);
    } catch (error) {
      const before = `${String(revision - 1)}.json`;
      throw new StoreError({
        code: "damaged-file",
        operation: "read",
        subject: this.#fileOf(revision),
        reason: `it is not what a store writes: ${toError(error).message}`,
        hint: `repair it, or move it away to go back to what ${before} beside it has`,
        cause: error,
      });
    }
  }

  async #guarded<T>(operation: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw new StoreError({
        code: "store-unusable",
        operation: `${operation} store`,
        subject: this.#path,
        reason: toError(error).message,
        hint: "it has to be a folder of a local file system with hard links, which this process may read and write",
        cause: error,
      });
    }
  }
}

function readContents<V>(
  json: unknown,
  revision: number,
  decode: (json: unknown) => V,
): Contents<V> {
  const { format: found, revision: own, marks, objects }: Record<string, unknown> = Object(json);
  if (found !== format) throw new Error(`its format is ${JSON.stringify(found) ?? "missing"}`);
  if (own !== revision) throw new Error(`its revision is ${JSON.stringify(own) ?? "missing"}`);
  if (!Array.isArray(objects) || !Array.isArray(marks)) throw new Error("its objects are missing");
  const read = objects.map((one: unknown): [string, StoredObject<V>] => {
    const { name, version, value }: Record<string, unknown> = Object(one);
    if (typeof name !== "string" || typeof version !== "string") {
      throw new Error("an object has no name or no version");
    }
    try {
      return [name, { name, version, value: decode(value) }];
    } catch (error) {
      throw new Error(`object ${name}: ${toError(error).message}`, { cause: error });
    }
  });
  return { revision, objects: new Map(read), marks: marks.map(String) };
}

function latest(revisions: readonly number[]): number {
  return Math.max(0, ...revisions);
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
