/**
 * A store of objects in a folder of a local file system, which several programs may use at the same time.
 *
 * @module
 */
import { type ChangeStream, type Clock, type Logger, silentLogger } from "@heddle/contracts";
import { Observable } from "rxjs";
import { FileChanges } from "./file-changes.ts";
import type { Conflict, ObjectStore, StoredObject } from "./object-store.ts";
import { type Contents, RevisionFolder } from "./revision-folder.ts";

export { StoreError, type StoreErrorCode } from "./store-error.ts";

export interface FileStoreDeps<V> {
  readonly clock: Clock;
  /** Reads a value from what JSON has; throws when it is none. */
  readonly decode: (json: unknown) => V;
  /** What JSON writes for a value. @defaultValue the value itself */
  readonly encode?: (value: V) => unknown;
  /** Told of files that {@link ObjectStore.changes$} cannot read. @defaultValue none */
  readonly logger?: Logger;
}

export interface FileStoreOptions {
  /** The folder, which is made when it is missing. Nothing else may be in it. */
  readonly folder: string;
  /** Milliseconds after which a change by another program is seen by those who watch. @defaultValue 1000 */
  readonly pollInterval?: number;
}

/**
 * Opens a store. Each write makes a new file with all objects, whole and on the disk before it gets its name, so
 * that a crash at any moment leaves the store as it was before or after; the name is the number after the last one, and
 * who makes it first has won. No lock can be left behind.
 *
 * Methods reject with {@link StoreError}.
 */
export function createFileStore<V>(
  deps: FileStoreDeps<V>,
  options: FileStoreOptions,
): ObjectStore<V> {
  return new FileStore(deps, options);
}

class FileStore<V> implements ObjectStore<V> {
  readonly changes$: ChangeStream<string, StoredObject<V>>;
  readonly #folder: RevisionFolder<V>;
  readonly #changes: FileChanges<V>;
  /** One write of this program at a time: those of others are enough to compete with. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: FileStoreDeps<V>, { folder, pollInterval = 1000 }: FileStoreOptions) {
    const { clock, decode, encode = (value) => value, logger = silentLogger } = deps;
    this.#folder = new RevisionFolder(folder, { decode, encode, now: () => clock.now() });
    this.#changes = new FileChanges(this.#folder, { clock, logger, pollInterval });
    this.changes$ = new Observable((subscriber) => this.#changes.follow(subscriber));
  }

  async get(name: string): Promise<StoredObject<V> | undefined> {
    return (await this.#folder.read()).objects.get(name);
  }

  async list(): Promise<readonly StoredObject<V>[]> {
    return [...(await this.#folder.read()).objects.values()];
  }

  create(name: string, value: V): Promise<StoredObject<V> | Conflict> {
    return this.#write(({ objects, revision }) =>
      objects.has(name) ? undefined : { name, version: String(revision + 1), value },
    );
  }

  update(name: string, version: string, value: V): Promise<StoredObject<V> | Conflict> {
    return this.#write(({ objects, revision }) =>
      objects.get(name)?.version === version
        ? { name, version: String(revision + 1), value }
        : undefined,
    );
  }

  delete(name: string, version: string): Promise<"deleted" | Conflict> {
    return this.#commit<"deleted" | Conflict>(({ objects }) => {
      const held = objects.get(name);
      if (held === undefined) return { result: "deleted" };
      if (held.version !== version) return { result: "conflict" };
      const rest = new Map(objects);
      rest.delete(name);
      return { result: "deleted", objects: rest };
    });
  }

  #write(
    next: (contents: Contents<V>) => StoredObject<V> | undefined,
  ): Promise<StoredObject<V> | Conflict> {
    return this.#commit<StoredObject<V> | Conflict>((contents) => {
      const object = next(contents);
      if (object === undefined) return { result: "conflict" };
      return { result: object, objects: new Map(contents.objects).set(object.name, object) };
    });
  }

  #commit<T>(change: (contents: Contents<V>) => Outcome<V, T>): Promise<T> {
    const done = this.#last.then(() => this.#attempt(change));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Until nobody else has written between reading and writing. */
  async #attempt<T>(change: (contents: Contents<V>) => Outcome<V, T>): Promise<T> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      const contents = await this.#folder.read();
      const { result, objects } = change(contents);
      if (objects === undefined) return result;
      // oxlint-disable-next-line no-await-in-loop
      if (await this.#folder.write(contents, objects)) {
        void this.#changes.look();
        return result;
      }
    }
  }
}

/** What a write comes to, and the objects that there are then; none when nothing changes. */
interface Outcome<V, T> {
  readonly result: T;
  readonly objects?: ReadonlyMap<string, StoredObject<V>>;
}
