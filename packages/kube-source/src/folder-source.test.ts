import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type Change,
  type ChangeStream,
  createLogger,
  createManualClock,
  type LogRecord,
  type ManualClock,
  silentLogger,
  systemClock,
} from "@heddle/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createFolderSource,
  type FolderSourceOptions,
  formatProblem,
  type ObjectSource,
} from "./index.ts";

vi.setConfig({ testTimeout: 20_000 });

let base = "";
let folder = "";
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "hdt-folder-"));
  folder = join(base, "manifests");
  await mkdir(folder);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await rm(base, { recursive: true, force: true });
});

function namespaces(...names: readonly string[]): string {
  return names
    .map((name) => `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`)
    .join("");
}

/** Replaces the file the way that leaves no moment in which it is half there. */
async function put(name: string, text: string): Promise<void> {
  const unfinished = join(folder, `.${name}.new`);
  await writeFile(unfinished, text);
  await rename(unfinished, join(folder, name));
}

/** Everything that a stream said, and what is there according to it. */
function follow<K extends string, V>(stream$: ChangeStream<K, V>) {
  const changes: Change<K, V>[] = [];
  const present = new Map<string, V>();
  const subscription = stream$.subscribe((change) => {
    changes.push(change);
    if (change.kind === "upsert") present.set(change.key, change.value);
    if (change.kind === "delete") present.delete(change.key);
  });
  cleanups.push(() => subscription.unsubscribe());
  return {
    changes,
    keys: () => [...present.keys()].toSorted(),
    isSynced: () => changes.some(({ kind }) => kind === "synced"),
    deletes: () => changes.filter(({ kind }) => kind === "delete").length,
  };
}

function setUp(
  options: Partial<FolderSourceOptions> = {},
  deps = { clock: systemClock, logger: silentLogger },
) {
  const source = createFolderSource(deps, {
    path: folder,
    accepted: ["Namespace", "Pod"],
    settleTime: 5,
    patience: 100,
    ...options,
  });
  cleanups.push(() => source.close());
  return { source, seen: follow(source.namespaces$), problems: () => problemsOf(source) };
}

function problemsOf(source: ObjectSource): string[] {
  return source.problems$.value.map(formatProblem);
}

async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 10_000, interval: 5 });
}

/** A source on a clock that stands still, after its first reading. */
async function startOnManualClock(options: Partial<FolderSourceOptions> = {}) {
  const clock = createManualClock();
  const result = setUp(
    { settleTime: 50, patience: 1000, interval: 30_000, ...options },
    { clock, logger: silentLogger },
  );
  await result.source.start();
  return { ...result, clock };
}

/** Advances the clock until a scan begins; then `act` runs when its watch is set and nothing is read. */
async function duringScan(clock: ManualClock, act: () => void): Promise<void> {
  await eventually(() => {
    clock.advance(50);
    // A timer waits whenever no scan is in flight.
    expect(clock.pending).toBe(0);
    act();
  });
}

/** Advances the clock until the check holds. */
async function asTimePasses(clock: ManualClock, check: () => void): Promise<void> {
  await eventually(() => {
    clock.advance(50);
    check();
  });
}

async function scanEnded(clock: ManualClock): Promise<void> {
  await eventually(() => expect(clock.pending).toBe(1));
}

/** How many watches this process has open. */
function watchers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
}

describe("the first reading", () => {
  it("gives what the manifests define, and then says synced on every stream", async () => {
    await put("a.yaml", namespaces("a"));
    await put("b.yml", namespaces("b"));
    await put("c.json", '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}');
    const { problems, seen, source } = setUp();
    const pods = follow(source.pods$);
    expect(seen.changes).toEqual([]);
    await source.start();
    expect(seen.changes.map((change) => ("key" in change ? change.key : change.kind))).toEqual([
      "a",
      "b",
      "c",
      "synced",
    ]);
    expect(pods.changes).toEqual([{ kind: "synced" }]);
    expect(problems()).toEqual([]);
  });

  it("leaves out hidden and temporary files, folders and sockets", async () => {
    for (const name of [".a.yaml", "b.yaml~", "#c.yaml#", "d.yaml.swp", "e.txt", "yaml"]) {
      await writeFile(join(folder, name), namespaces("x"));
    }
    await mkdir(join(folder, "f.yaml"));
    const socket = createServer();
    cleanups.push(() => socket.close());
    await new Promise<void>((resolve) => socket.listen(join(folder, "g.yaml"), resolve));
    const { problems, seen, source } = setUp();
    await source.start();
    expect(seen.changes).toEqual([{ kind: "synced" }]);
    expect(problems()).toEqual([]);
  });

  it("says synced also when a file has a problem", async () => {
    await put("a.yaml", "kind: Namespace\n");
    await put("b.yaml", namespaces("b"));
    const { problems, seen, source } = setUp();
    await source.start();
    expect(seen.isSynced()).toBe(true);
    expect(seen.keys()).toEqual(["b"]);
    expect(problems()).toEqual([
      `${join(folder, "a.yaml")}:1:1: apiVersion: required, but missing (write v1)`,
    ]);
  });

  it("names the consumer when it has no use for a kind", async () => {
    await put("a.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n");
    const { problems, source } = setUp({ consumer: "the agent" });
    await source.start();
    expect(problems()).toEqual([
      expect.stringContaining("kind Node is not used by the agent yet (accepted: Namespace, Pod)"),
    ]);
  });
});

describe("changes", () => {
  it("are published once, for what changed", async () => {
    await put("a.yaml", namespaces("a", "b", "c"));
    const { seen, source } = setUp();
    await source.start();
    const before = seen.changes.length;
    await put("a.yaml", namespaces("c", "d", "a"));
    await eventually(() => expect(seen.keys()).toEqual(["a", "c", "d"]));
    expect(seen.changes.slice(before)).toMatchObject([
      { kind: "delete", key: "b" },
      { kind: "upsert", key: "d" },
    ]);
  });

  it("take away what a removed file defined", async () => {
    await put("a.yaml", namespaces("a"));
    const { seen, source } = setUp();
    await source.start();
    await rm(join(folder, "a.yaml"));
    await eventually(() => expect(seen.keys()).toEqual([]));
  });

  it("do not show an object that moved to another file", async () => {
    await put("a.yaml", namespaces("a", "b"));
    const { seen, source } = setUp({ settleTime: 50 });
    await source.start();
    writeFileSync(join(folder, "a.yaml"), namespaces("a"));
    writeFileSync(join(folder, "b.yaml"), namespaces("b", "c"));
    await eventually(() => expect(seen.keys()).toEqual(["a", "b", "c"]));
    expect(seen.deletes()).toBe(0);
  });

  it("of a burst all arrive", async () => {
    const { seen, source } = setUp();
    await source.start();
    const names = ["a", "b", "c", "d"];
    for (let round = 0; round < 100; round += 1) {
      const file = names[round % names.length] ?? "a";
      await put(`${file}.yaml`, namespaces(`${file}${String(round)}`));
    }
    await eventually(() => expect(seen.keys()).toEqual(["a96", "b97", "c98", "d99"]));
  });

  it("of two places are told apart: the first file counts until it lets go", async () => {
    await put("a.yaml", namespaces("x"));
    await put("b.yaml", namespaces("x", "z"));
    const { problems, seen, source } = setUp();
    await source.start();
    expect(seen.keys()).toEqual(["x", "z"]);
    expect(problems()).toEqual([
      `${join(folder, "b.yaml")}:2:1: Namespace x is already defined at ${join(folder, "a.yaml")}:2:1 ` +
        "(that one counts; remove one of the two, or give it another name)",
    ]);
    await rm(join(folder, "a.yaml"));
    await eventually(() => expect(problems()).toEqual([]));
    expect(seen.keys()).toEqual(["x", "z"]);
    expect(seen.deletes()).toBe(0);
  });

  it("of a mounted ConfigMap arrive, whose files are links through a hidden folder", async () => {
    const version = async (name: string, text: string) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "a.yaml"), text);
      await symlink(name, join(folder, "..data_tmp"));
      await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    await version("..1", namespaces("a"));
    await symlink("..data/a.yaml", join(folder, "a.yaml"));
    const { seen, source } = setUp();
    await source.start();
    expect(seen.keys()).toEqual(["a"]);
    await version("..2", namespaces("b"));
    await eventually(() => expect(seen.keys()).toEqual(["b"]));
  });
});

describe("a file that cannot be used", () => {
  it("keeps what it defined, has a problem meanwhile, and is logged once", async () => {
    const records: LogRecord[] = [];
    await put("a.yaml", namespaces("a", "b"));
    const logger = createLogger((record) => records.push(record));
    const { problems, seen, source } = setUp({}, { clock: systemClock, logger });
    await source.start();
    await put("a.yaml", `${namespaces("a")}---\nkind: [\n`);
    await eventually(() => expect(problems()).toHaveLength(1));
    await put("b.yaml", namespaces("c"));
    await eventually(() => expect(seen.keys()).toEqual(["a", "b", "c"]));
    expect(records).toMatchObject([{ level: "warn", fields: { problem: problems()[0] } }]);
    await put("a.yaml", namespaces("a"));
    await eventually(() => expect(problems()).toEqual([]));
    expect(seen.keys()).toEqual(["a", "c"]);
  });

  it.each([
    [
      "a link to nothing",
      async (path: string) => {
        await rm(path);
        await symlink("nowhere", path);
      },
      "the link points to nothing",
    ],
    [
      "text that is not UTF-8",
      (path: string) => writeFile(path, Buffer.from([0x61, 0xff])),
      "it is not UTF-8 text",
    ],
    [
      "a file beyond all measure",
      (path: string) => truncate(path, 70 * 2 ** 20),
      "it has 73400320 bytes, more than 67108864 (divide it)",
    ],
  ])("keeps what it defined: %s", async (_name, spoil, reason) => {
    const path = join(folder, "a.yaml");
    await put("a.yaml", namespaces("a"));
    const { problems, seen, source } = setUp();
    await source.start();
    await spoil(path);
    await eventually(() => expect(problems()).toEqual([`${path}: ${reason}`]));
    expect(seen.keys()).toEqual(["a"]);
  });
});

describe("the folder", () => {
  it("need not exist yet; nothing is synced until it does", async () => {
    const path = join(base, "x", "y", "z");
    const { problems, seen, source } = setUp({ path });
    await source.start();
    expect(problems()).toEqual([
      `${path}: it does not exist (create it: it is read as soon as it is there)`,
    ]);
    expect(seen.changes).toEqual([]);
    await mkdir(path, { recursive: true });
    await eventually(() => expect(seen.isSynced()).toBe(true));
    expect(problems()).toEqual([]);
    await writeFile(join(path, "a.yaml"), namespaces("a"));
    await eventually(() => expect(seen.keys()).toEqual(["a"]));
  });

  it("may vanish, which changes nothing, and come again with other files", async () => {
    await put("a.yaml", namespaces("a"));
    const { problems, seen, source } = setUp();
    await source.start();
    await rename(folder, join(base, "away"));
    await eventually(() => expect(problems()).toEqual([expect.stringContaining("does not exist")]));
    expect(seen.keys()).toEqual(["a"]);
    await mkdir(folder);
    await put("b.yaml", namespaces("b"));
    await eventually(() => expect(seen.keys()).toEqual(["b"]));
    expect(problems()).toEqual([]);
    await put("b.yaml", namespaces("b", "c"));
    await eventually(() => expect(seen.keys()).toEqual(["b", "c"]));
  });

  it("is found again each time that it and the folders above are made anew", async () => {
    const path = join(base, "x", "y");
    const { seen, source } = setUp({ path });
    await source.start();
    for (let round = 0; round < 10; round += 1) {
      const name = `n${String(round)}`;
      await rm(dirname(path), { recursive: true, force: true });
      await mkdir(path, { recursive: true });
      await writeFile(join(path, "a.yaml"), namespaces(name));
      await eventually(() => expect(seen.keys()).toEqual([name]));
    }
  });

  it("may at first be a file", async () => {
    const path = join(base, "file");
    await writeFile(path, "");
    const { problems, seen, source } = setUp({ path });
    await source.start();
    expect(problems()).toEqual([
      `${path}: it is not a folder (give the path of the folder it is in)`,
    ]);
    await rm(path);
    await mkdir(path);
    await eventually(() => expect(seen.isSynced()).toBe(true));
  });

  it("that can be neither read nor watched has both problems", async () => {
    const { problems, seen, source } = setUp({ path: join(base, "x".repeat(300)) });
    await source.start();
    expect(source.problems$.value.map(({ code }) => code)).toEqual(["unwatchable", "unreadable"]);
    expect(problems()[0]).toContain("ENAMETOOLONG");
    expect(seen.changes).toEqual([]);
  });
});

describe("time", () => {
  it("passes before a change is read, so that a file written in place is not seen empty", async () => {
    await put("a.yaml", namespaces("a"));
    const { clock, seen } = await startOnManualClock();
    writeFileSync(join(folder, "a.yaml"), "");
    clock.advance(49);
    writeFileSync(join(folder, "a.yaml"), namespaces("a", "b"));
    await asTimePasses(clock, () => expect(seen.keys()).toEqual(["a", "b"]));
    expect(seen.deletes()).toBe(0);
  });

  it("need not pass before a file that comes by renaming is read", async () => {
    const { seen, source } = setUp({ settleTime: 60_000, patience: 120_000 });
    await source.start();
    await put("a.yaml", namespaces("a"));
    await eventually(() => expect(seen.keys()).toEqual(["a"]));
  });

  it("passes before a file that went is missed, as an editor may be saving it", async () => {
    await put("a.yaml", namespaces("a"));
    const { clock, seen } = await startOnManualClock();
    await rename(join(folder, "a.yaml"), join(folder, "a.yaml~"));
    await eventually(() => expect(clock.pending).toBe(1));
    clock.advance(49);
    writeFileSync(join(folder, "a.yaml"), namespaces("a", "b"));
    await asTimePasses(clock, () => expect(seen.keys()).toEqual(["a", "b"]));
    expect(seen.deletes()).toBe(0);
  });

  it("is given to a file that is written while the folder is being read", async () => {
    await put("a.yaml", namespaces("a"));
    const { clock, problems, seen } = await startOnManualClock();
    await put("b.yaml", namespaces("b"));
    await duringScan(clock, () => writeFileSync(join(folder, "a.yaml"), "kind: "));
    await scanEnded(clock);
    expect(seen.keys()).toContain("a");
    expect(problems()).toEqual([]);
    writeFileSync(join(folder, "a.yaml"), namespaces("a", "c"));
    await asTimePasses(clock, () => expect(seen.keys()).toEqual(["a", "b", "c"]));
    expect(seen.deletes()).toBe(0);
  });

  it("must pass before synced, when a file is written during the first reading", async () => {
    await put("a.yaml", namespaces("a", "b"));
    const clock = createManualClock();
    const { seen, source } = setUp({ settleTime: 50 }, { clock, logger: silentLogger });
    const started = source.start();
    writeFileSync(join(folder, "a.yaml"), namespaces("a"));
    await started;
    expect(seen.changes).toEqual([]);
    await asTimePasses(clock, () => expect(seen.isSynced()).toBe(true));
    expect(seen.keys()).toEqual(["a"]);
  });

  it("ends: out of patience, a file is taken as it is", async () => {
    await put("a.yaml", namespaces("a"));
    const { clock, seen } = await startOnManualClock({ patience: 50 });
    writeFileSync(join(folder, "b.yaml"), namespaces("b"));
    writeFileSync(join(folder, "a.yaml"), namespaces("a", "c"));
    await duringScan(clock, () => writeFileSync(join(folder, "a.yaml"), ""));
    await scanEnded(clock);
    expect(seen.keys()).toEqual(["b"]);
  });

  it("brings what the kernel does not tell: a write to a file that a link leads to", async () => {
    const target = join(base, "elsewhere.yaml");
    await writeFile(target, namespaces("a"));
    await symlink(target, join(folder, "a.yaml"));
    const { clock, seen } = await startOnManualClock();
    await writeFile(target, namespaces("b"));
    await put("c.yaml", namespaces("c"));
    await asTimePasses(clock, () => expect(seen.keys()).toContain("c"));
    expect(seen.keys()).toEqual(["a", "c"]);
    await scanEnded(clock);
    clock.advance(30_000);
    await eventually(() => expect(seen.keys()).toEqual(["b", "c"]));
  });

  it("brings what the kernel does not tell: a rename of a folder above", async () => {
    const path = join(base, "up", "manifests");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "a.yaml"), namespaces("a"));
    const { clock, seen } = await startOnManualClock({ path });
    await rename(join(base, "up"), join(base, "old"));
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "b.yaml"), namespaces("b"));
    clock.advance(29_999);
    expect(seen.keys()).toEqual(["a"]);
    clock.advance(1);
    await eventually(() => expect(seen.keys()).toEqual(["b"]));
  });
});

describe("the end", () => {
  it("comes with close, after which nothing is watched or published", async () => {
    const before = watchers();
    const { seen, source } = setUp();
    await source.start();
    expect(watchers()).toBe(before + 1);
    await put("a.yaml", namespaces("a"));
    const closing = source.close();
    expect(source.close()).toBe(closing);
    await closing;
    const { length } = seen.changes;
    await eventually(() => expect(watchers()).toBe(before));
    await put("a.yaml", namespaces("b"));
    expect(seen.changes).toHaveLength(length);
  });

  it("may come before the start, or during the first reading", async () => {
    const first = setUp();
    await first.source.close();
    await first.source.start();
    expect(first.seen.changes).toEqual([]);
    const second = setUp();
    const starting = second.source.start();
    await second.source[Symbol.asyncDispose]();
    await starting;
    expect(second.seen.changes).toEqual([]);
  });
});

describe("options that make no sense", () => {
  it.each([
    [{ path: "" }, "option path: it is empty"],
    [{ settleTime: 0 }, "option settleTime: 0 is not a positive number of milliseconds"],
    [{ patience: Number.NaN }, "option patience: NaN is not a positive number of milliseconds"],
    [{ interval: -1 }, "option interval: -1 is not a positive number of milliseconds"],
  ])("are refused: %j", (options, message) => {
    expect(() => setUp(options)).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: expect.stringContaining(message),
      }),
    );
  });
});
