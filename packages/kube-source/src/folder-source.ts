import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type Clock,
  CodedError,
  type Logger,
  type Service,
  type StateStream,
} from "@heddle/contracts";
import { createState, type MutableState, type Table } from "@heddle/tables";
import { type FileState, mergeFiles, nextFileState } from "./folder-content.ts";
import { type FolderFiles, FolderReader } from "./folder-files.ts";
import { type FolderWatch, watchFolder } from "./folder-watch.ts";
import { namesManifest, signOf } from "./folder-sign.ts";
import { type Manifests, parseManifests } from "./manifests.ts";
import type { ObjectSource, ObjectStream, SourceKind } from "./object-source.ts";
import type { ObjectKey } from "./object-key.ts";
import { createObjectTables, markSynced, replaceObjects } from "./object-tables.ts";
import { formatProblem, type SourceProblem } from "./problem.ts";
import { Rescan } from "./rescan.ts";

export interface FolderSourceDeps {
  readonly clock: Clock;
  /** Told of each problem when it appears. */
  readonly logger: Logger;
}

export interface FolderSourceOptions {
  /** The folder. Its `.yaml`, `.yml` and `.json` files are read, hidden ones and folders in it are not. */
  readonly path: string;
  /** The kinds that are used; a file with any other has a problem. */
  readonly accepted: readonly SourceKind[];
  /**
   * Who uses them, for the problem that says that a kind is not used.
   *
   * @defaultValue "this program"
   */
  readonly consumer?: string;
  /**
   * How long no file must have been written to before the folder is read, in milliseconds. A file that comes
   * by renaming is read at once, as it is complete.
   *
   * @defaultValue 50
   */
  readonly settleTime?: number;
  /**
   * The longest that a change waits for the folder to come to rest, in milliseconds. Then files are
   * taken as they are, even if one is still being written.
   *
   * @defaultValue 1000
   */
  readonly patience?: number;
  /**
   * How often the whole folder is read without any sign of a change, in milliseconds. For what the kernel does
   * not tell: a rename of a folder above, a write to a file elsewhere that a link leads to, writes by another
   * machine on a network file system.
   *
   * @defaultValue 30000
   */
  readonly interval?: number;
}

/** An option that makes no sense. */
export class FolderSourceError extends CodedError<"invalid-option"> {}

/**
 * Kubernetes objects from a watched folder of ordinary YAML.
 *
 * - All of a file counts or none of it: a file with a problem keeps what it defined before. Files should be
 *   replaced by renaming; one that is written in place is read when it has come to rest.
 * - Of an object that several files define, the first file's counts, by the order of their names.
 * - The folder need not exist yet, and may be replaced. While it cannot be read, all stays as it was.
 * - The streams say `synced` after the first reading of the whole folder, also when files in it have problems.
 *
 * `start` resolves when the folder was read for the first time, or could not be.
 *
 * @throws {FolderSourceError} `invalid-option` for an empty path, or a time that is not positive
 */
export function createFolderSource(
  deps: FolderSourceDeps,
  options: FolderSourceOptions,
): ObjectSource & Service {
  if (options.path === "") throw invalidOption("path", "it is empty");
  for (const name of ["settleTime", "patience", "interval"] as const) {
    const value = options[name];
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    throw invalidOption(name, `${String(value)} is not a positive number of milliseconds`);
  }
  return new FolderSource(deps, options);
}

/** Milliseconds in which the kernel tells of a write to a file that has just been created. */
const arrivalTime = 1;

class FolderSource implements ObjectSource, Service {
  readonly pods$: ObjectStream<"Pod">;
  readonly nodes$: ObjectStream<"Node">;
  readonly namespaces$: ObjectStream<"Namespace">;
  readonly services$: ObjectStream<"Service">;
  readonly endpointSlices$: ObjectStream<"EndpointSlice">;
  readonly networkPolicies$: ObjectStream<"NetworkPolicy">;
  readonly problems$: StateStream<readonly SourceProblem[]>;
  readonly tables: readonly Table<ObjectKey, unknown>[];

  readonly #options: FolderSourceOptions;
  readonly #path: string;
  readonly #settleTime: number;
  readonly #reader: FolderReader;
  readonly #logger: Logger;
  readonly #rescan: Rescan;
  readonly #tables = createObjectTables();
  readonly #problems: MutableState<readonly SourceProblem[]>;
  /** By file name, in the order of the names. */
  #files: ReadonlyMap<string, FileState> = new Map();
  #watch: FolderWatch | undefined;
  /** What changed since the scan in flight began; undefined stands for what has no name. */
  readonly #touched = new Set<string | undefined>();
  /** The manifests that the next scan has to read; undefined when it has to read the whole folder. */
  #news: Set<string> | undefined;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor({ clock, logger }: FolderSourceDeps, options: FolderSourceOptions) {
    const { interval = 30_000, patience = 1000, settleTime = 50 } = options;
    this.#options = options;
    this.#path = resolve(options.path);
    this.#settleTime = settleTime;
    this.#reader = new FolderReader(this.#path);
    this.#logger = logger;
    this.#rescan = new Rescan(clock, { interval, patience }, (outOfPatience) =>
      this.#scan(outOfPatience),
    );
    this.#problems = createState<readonly SourceProblem[]>([], { equals: sameProblems });
    this.problems$ = this.#problems.state$;
    this.pods$ = this.#tables.Pod.changes$;
    this.nodes$ = this.#tables.Node.changes$;
    this.namespaces$ = this.#tables.Namespace.changes$;
    this.services$ = this.#tables.Service.changes$;
    this.endpointSlices$ = this.#tables.EndpointSlice.changes$;
    this.networkPolicies$ = this.#tables.NetworkPolicy.changes$;
    this.tables = Object.values(this.#tables);
  }

  start(): Promise<void> {
    this.#started ??= this.#rescan.start();
    return this.#started;
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    await this.#rescan.close();
    this.#watch?.[Symbol.dispose]();
  }

  async #scan(outOfPatience: boolean): Promise<void> {
    const news = [...(this.#news ?? [])];
    // Without news it is time to look for what the kernel does not tell.
    if (news.length === 0) return await this.#scanFolder(outOfPatience);
    this.#news = new Set();
    this.#touched.clear();
    const { files } = await this.#reader.readSome(news);
    // By then the events of all that was written while it was being read, or just before, have come.
    await setImmediate();
    if (this.#closed !== undefined) return;
    this.#takeAll(files, outOfPatience, []);
  }

  async #scanFolder(outOfPatience: boolean): Promise<void> {
    const replaced = this.#watch;
    const watch = this.#renewWatch();
    const read = await this.#reader.read();
    await setImmediate();
    replaced?.[Symbol.dispose]();
    if (this.#closed !== undefined) return;
    const problems = [watch, read].flatMap((result) => ("problem" in result ? result.problem : []));
    if (problems.length > 0 || this.#watch?.path !== this.#path) this.#news = undefined;
    // The folder may have come into being after the watch had been set on one above it.
    if ("files" in read && "path" in watch && watch.path !== this.#path) this.#rescan.request(0);
    this.#takeAll("files" in read ? read.files : undefined, outOfPatience, problems);
  }

  /** Watches what the path names now, which may be another folder than before. */
  #renewWatch(): ReturnType<typeof watchFolder> {
    this.#touched.clear();
    this.#news = new Set();
    const watch = watchFolder(this.#path, (name, isWrite) => {
      this.#touched.add(name);
      const sign = this.#watch?.path === this.#path ? signOf(this.#path, name, isWrite) : "change";
      if (sign === "nothing") return;
      if (namesManifest(this.#path, name)) this.#news?.add(name);
      else this.#news = undefined;
      this.#rescan.request(sign === "arrival" ? arrivalTime : this.#settleTime);
    });
    this.#watch = "problem" in watch ? undefined : watch;
    return watch;
  }

  /** Takes over what was read; nothing, when the folder could not be. */
  #takeAll(
    read: FolderFiles | undefined,
    outOfPatience: boolean,
    problems: readonly SourceProblem[],
  ): void {
    const isComplete = read !== undefined && this.#take(read, outOfPatience);
    const content = mergeFiles(this.#files.values());
    replaceObjects(this.#tables, content.objects);
    if (isComplete) markSynced(this.#tables);
    this.#publishProblems([...problems, ...content.problems]);
  }

  /** Takes over what was read, but for files that were being written meanwhile. Whether there were none. */
  #take(read: FolderFiles, outOfPatience: boolean): boolean {
    let isComplete = true;
    const names = new Set([...this.#files.keys(), ...read.keys()]);
    const files = new Map<string, FileState>();
    for (const name of [...names].toSorted()) {
      const previous = this.#files.get(name);
      const content = read.get(name);
      if (!outOfPatience && (this.#touched.has(name) || this.#touched.has(undefined))) {
        isComplete = false;
        if (previous !== undefined) files.set(name, previous);
      } else if (content !== undefined) {
        files.set(
          name,
          nextFileState(previous, content, (text) => this.#parse(name, text)),
        );
      }
    }
    this.#files = files;
    return isComplete;
  }

  #parse(name: string, text: string): Manifests<SourceKind> {
    const { accepted, consumer } = this.#options;
    return parseManifests(text, { file: join(this.#path, name), accepted, consumer });
  }

  #publishProblems(problems: readonly SourceProblem[]): void {
    const known = new Set(this.#problems.value.map(formatProblem));
    for (const problem of problems) {
      const text = formatProblem(problem);
      if (!known.has(text)) this.#logger.warn("cannot read all objects", { problem: text });
    }
    this.#problems.set(problems);
  }
}

function invalidOption(option: string, reason: string): FolderSourceError {
  return new FolderSourceError({
    code: "invalid-option",
    operation: "create folder source",
    subject: `option ${option}`,
    reason,
  });
}

function sameProblems(held: readonly SourceProblem[], given: readonly SourceProblem[]): boolean {
  return isDeepStrictEqual(held.map(formatProblem), given.map(formatProblem));
}
