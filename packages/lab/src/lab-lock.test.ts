import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LabError } from "./lab-error.ts";
import { lockFile } from "./lab-lock.ts";
import { refOf } from "./processes.ts";

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "heddle-lock-"));
  file = join(root, "labs", "x.lock");
  mkdirSync(join(root, "labs"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a lock", () => {
  it("refuses a second one and names who has the first, until that is disposed of", () => {
    const first = lockFile(file, "x");
    expect(() => lockFile(file, "x")).toThrow(LabError);
    expect(() => lockFile(file, "x")).toThrow(
      `change lab x: another command changes it, process ${String(process.pid)} (wait for it to end)`,
    );
    first[Symbol.dispose]();
    lockFile(file, "x")[Symbol.dispose]();
  });

  it("leaves nothing, not even the folder, unless something is in it", () => {
    const other = join(root, "labs", "y.lock");
    const [first, second] = [lockFile(file, "x"), lockFile(other, "y")];
    first[Symbol.dispose]();
    expect(readdirSync(join(root, "labs"))).toEqual(["y.lock"]);
    second[Symbol.dispose]();
    expect(existsSync(join(root, "labs"))).toBe(false);
  });

  it.each([
    ["a process that has ended", JSON.stringify({ ...refOf(process.pid), started: "1" })],
    ["nobody", ""],
    ["something else", "[1, 2"],
    ["what has another shape", "{}"],
  ])("of %s is taken over", (_whose, text) => {
    writeFileSync(file, text);
    using _lock = lockFile(file, "x");
    expect(() => lockFile(file, "x")).toThrow("another command changes it");
    expect(readdirSync(join(root, "labs"))).toEqual(["x.lock"]);
  });

  it("of one that ended while it took over a leftover is taken over too", () => {
    writeFileSync(file, "");
    writeFileSync(`${file}.next`, "");
    using _lock = lockFile(file, "x");
    expect(readdirSync(join(root, "labs"))).toEqual(["x.lock"]);
  });

  it("is one process's at a time, whatever others leave behind", async () => {
    const module = new URL("lab-lock.ts", import.meta.url).href;
    // Every third time it goes away as if it had been killed: the lock stays, of nobody who lives.
    const script = `
      import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
      import { lockFile } from ${JSON.stringify(module)};
      const [file, mark] = process.argv.slice(1);
      for (let done = 0; done < 60; ) {
        try {
          const lock = lockFile(file, "x");
          closeSync(openSync(mark, "wx"));
          rmSync(mark);
          if (++done % 3 > 0) lock[Symbol.dispose]();
          else {
            writeFileSync(file + process.pid, done % 2 ? "" : '{"pid":1,"started":"x"}');
            renameSync(file + process.pid, file);
          }
        } catch (error) {
          if (error.code !== "busy") throw error;
        }
      }`;
    const flags = ["--conditions=heddle-source", "--input-type=module", "-e", script];
    const run = promisify(execFile);
    const contenders = Array.from({ length: 3 }, () =>
      run(process.execPath, [...flags, file, join(root, "mark")]),
    );
    for (const { stderr } of await Promise.all(contenders)) expect(stderr).toBe("");
  }, 30_000);
});
