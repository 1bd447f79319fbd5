import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { isErrno } from "./errno.ts";
import { LabError } from "./lab-error.ts";
import { type LabFolder, processSchema, removeIfEmpty } from "./lab-folder.ts";
import { isAlive, type ProcessRef, refOf } from "./processes.ts";

/**
 * Keeps other commands from changing the lab until the lock is disposed of.
 *
 * @throws {LabError} `busy`, which names the process that has it
 */
export function lockLab({ root, name }: LabFolder): Disposable {
  return lockFile(`${root}.lock`, name);
}

/**
 * Makes the file, which says whose it is, as a whole or not at all. That of a process that has ended, or one
 * that nobody can read, is taken over.
 */
export function lockFile(file: string, lab: string): Disposable {
  while (!isMade(file)) {
    const holder = holderOf(file);
    if (holder === "nobody") continue;
    if (holder !== "unknown" && isAlive(holder)) throw busy(lab, holder);
    removeLeftover(file, lab);
  }
  return {
    [Symbol.dispose]() {
      rmSync(file, { force: true });
      removeIfEmpty(dirname(file));
    },
  };
}

/**
 * Two that find the same leftover must not both remove it, since what the slower one removes is the lock that
 * the other has made by then: only one at a time looks again, and nobody else removes a leftover.
 */
function removeLeftover(file: string, lab: string): void {
  using _turn = lockFile(`${file}.next`, lab);
  const holder = holderOf(file);
  if (holder === "unknown" || (holder !== "nobody" && !isAlive(holder))) rmSync(file);
}

/** Whether the lock is this process's now; false when the file is there, or its folder was just removed. */
function isMade(file: string): boolean {
  const folder = dirname(file);
  const unfinished = join(folder, `.${String(process.pid)}.lock`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, JSON.stringify(refOf(process.pid)));
    linkSync(unfinished, file);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST") || isErrno(error, "ENOENT")) return false;
    throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function holderOf(file: string): ProcessRef | "nobody" | "unknown" {
  try {
    const holder = v.safeParse(processSchema, JSON.parse(readFileSync(file, "utf8")));
    return holder.success ? holder.output : "unknown";
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "nobody";
    if (error instanceof SyntaxError) return "unknown";
    throw error;
  }
}

function busy(lab: string, { pid }: ProcessRef): LabError {
  return new LabError({
    code: "busy",
    operation: "change lab",
    subject: lab,
    reason: `another command changes it, process ${String(pid)}`,
    hint: "wait for it to end",
  });
}
