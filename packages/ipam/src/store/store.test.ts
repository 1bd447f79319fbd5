import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, createManualClock, systemClock } from "@heddle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryStore, type ObjectStore } from "../index.ts";
import { createFileStore } from "./file-store.ts";
import { storeContract } from "./store-contract.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "heddle-store-"));
});
afterAll(() => rm(root, { recursive: true }));

function decode(json: unknown): string {
  if (typeof json === "string") return json;
  throw new Error("it is not a text");
}

function openFile(folder: string, clock = systemClock): ObjectStore<string> {
  return createFileStore({ clock, decode }, { folder, pollInterval: 5 });
}

const newFolder = (): string => join(root, randomUUID());

describe.each<[string, () => readonly [ObjectStore<string>, ObjectStore<string>]]>([
  [
    "in memory",
    () => {
      const store = createMemoryStore<string>();
      return [store, store];
    },
  ],
  [
    "in files",
    () => {
      const folder = newFolder();
      return [openFile(folder), openFile(folder)];
    },
  ],
])("a store %s", (_, open) => {
  it.each(storeContract)("$name", async ({ run }) => {
    await expect(run(open)).resolves.toBeUndefined();
  });
});

describe("a store in files", () => {
  it("is there after a restart, with few files however often it was written", async () => {
    const folder = newFolder();
    const store = openFile(folder);
    let made = await store.create("a", "0");
    for (let index = 1; index < 40; index++) {
      if (made === "conflict") throw new Error("nobody else writes");
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      made = await store.update("a", made.version, String(index));
    }
    expect(await openFile(folder).list()).toEqual([{ name: "a", version: "40", value: "39" }]);
    expect((await readdir(folder)).length).toBe(16);
  });

  it("is not disturbed by what a writer left that died", async () => {
    const folder = newFolder();
    const store = openFile(folder);
    await store.create("a", "0");
    const drafts = ["draft-old", "draft-new"].map((name) => join(folder, name));
    for (const path of drafts) await writeFile(path, '{"format": "hedd'); // oxlint-disable-line no-await-in-loop
    await utimes(join(folder, "draft-old"), 0, 0);
    expect(await store.list()).toEqual([{ name: "a", version: "1", value: "0" }]);
    for (let index = 0; index < 20; index++) await store.create(`b${String(index)}`, ""); // oxlint-disable-line no-await-in-loop
    const left = (await readdir(folder)).filter((name) => name.startsWith("draft"));
    expect(left).toEqual(["draft-new"]);
  });

  it.each([
    ["", "Unexpected end of JSON input"],
    ['{"format": "heddle-store/1", "revi', "JSON"],
    ["[]", "its format is missing"],
    ['{"format": "heddle-store/2"}', 'its format is "heddle-store/2"'],
    ['{"format": "heddle-store/1", "revision": 7}', "its revision is 7"],
    ['{"format": "heddle-store/1", "revision": 2, "marks": []}', "its objects are missing"],
    [
      '{"format": "heddle-store/1", "revision": 2, "marks": [], "objects": [{}]}',
      "an object has no name or no version",
    ],
    [
      '{"format": "heddle-store/1", "revision": 2, "marks": [], "objects": [{"name": "a", "version": "1", "value": 1}]}',
      "object a: it is not a text",
    ],
  ])("says which file is damaged when it has %j", async (text, reason) => {
    const folder = newFolder();
    await openFile(folder).create("a", "0");
    await openFile(folder).create("b", "0");
    const path = join(folder, "2.json");
    await writeFile(path, text);
    const damaged = openFile(folder);
    await expect(damaged.list()).rejects.toThrow(`read ${path}: it is not what a store writes: `);
    await expect(damaged.create("c", "0")).rejects.toThrow(reason);
    expect(await readFile(path, "utf8")).toBe(text);
    await rm(path);
    expect((await damaged.list()).map(({ name }) => name)).toEqual(["a"]);
  });

  it("says when the folder cannot be used", async () => {
    const file = join(root, "file");
    await writeFile(file, "");
    const store = openFile(file);
    await expect(store.list()).rejects.toThrow(`read store ${file}: ENOTDIR`);
    await expect(openFile(join(file, "below")).create("a", "")).rejects.toThrow(/ENOTDIR/);
  });

  it("tells whoever slept through more writes than are kept that it cannot know", async () => {
    const folder = newFolder();
    const [store, other] = [openFile(folder), openFile(folder)];
    await store.create("a", "0");
    // What the sleeper has read stays what it knows: its folder looks as it did.
    const before = await readFile(join(folder, "1.json"), "utf8");
    for (let index = 0; index < 20; index++) await other.create(`b${String(index)}`, ""); // oxlint-disable-line no-await-in-loop
    expect(await readdir(folder)).not.toContain("1.json");
    const { RevisionFolder } = await import("./revision-folder.ts");
    const sleeper = new RevisionFolder(folder, { decode, encode: (value) => value, now: () => 0 });
    expect(before).toContain('"revision": 1');
    await expect(
      sleeper.write({ revision: 1, objects: new Map(), marks: [] }, new Map()),
    ).rejects.toThrow(/others went on to revision 21 meanwhile/);
    expect((await store.list()).length).toBe(21);
  });

  it("tells those who watch of a file that cannot be read, and goes on", async () => {
    const folder = newFolder();
    const clock = createManualClock();
    const told = Promise.withResolvers<string>();
    const logger = createLogger(({ fields }) => told.resolve(String(fields["error"])));
    const store = createFileStore({ clock, decode, logger }, { folder });
    await openFile(folder).create("a", "0");
    await writeFile(join(folder, "2.json"), "damaged");
    const seen: string[] = [];
    const synced = Promise.withResolvers<void>();
    const subscription = store.changes$.subscribe((change) => {
      seen.push(change.kind);
      if (change.kind === "synced") synced.resolve();
    });
    expect(await told.promise).toContain("2.json");
    await rm(join(folder, "2.json"));
    clock.advance(1000);
    await synced.promise;
    expect(seen).toEqual(["upsert", "synced"]);
    subscription.unsubscribe();
  });
});
