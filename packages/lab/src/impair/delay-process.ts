import { existsSync, readFileSync, rmSync } from "node:fs";
import { extname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LabContext } from "../lab-context.ts";
import { LabError } from "../lab-error.ts";
import { processSchema, readIfThere, writeJson } from "../lab-folder.ts";
import { netnsPath } from "../plan.ts";
import { isAlive, spawnDetached } from "../processes.ts";
import { endRunningIn } from "../teardown.ts";

/** Milliseconds between two looks at a process that starts. */
const interval = 5;

const files = { process: "delay.json", ready: "delay.ready", log: "delay.log" } as const;

/**
 * Sees to it that the lab's delay line runs.
 *
 * @throws {LabError} `process-failed`
 */
export async function startDelayLine(context: LabContext, pins: string): Promise<void> {
  const file = (name: keyof typeof files): string => join(context.folder.root, files[name]);
  const running = readIfThere(file("process"), processSchema);
  if (running !== undefined && isAlive(running) && existsSync(file("ready"))) return;
  await stopDelayLine(context);
  const child = await spawnDetached({
    command: [process.execPath, delayMain(), pins, file("ready")],
    netns: netnsPath(context.plan.switchNetns),
    log: file("log"),
  });
  const { ref } = child;
  writeJson(file("process"), ref);
  while (!existsSync(file("ready"))) {
    if (!isAlive(ref)) throw failedToStart(await child.ended(), readFileSync(file("log"), "utf8"));
    await delay(interval);
  }
}

/** Ends the delay line, if it runs, also one that nobody took note of: nothing else runs in the switch's namespace. */
export async function stopDelayLine({ folder, plan }: LabContext): Promise<void> {
  await endRunningIn([netnsPath(plan.switchNetns)]);
  for (const file of [files.process, files.ready]) rmSync(join(folder.root, file), { force: true });
}

/** It runs from source as from `dist`. */
function delayMain(): string {
  return fileURLToPath(new URL(`./delay-main${extname(import.meta.url)}`, import.meta.url));
}

function failedToStart(end: string, log: string): LabError {
  return new LabError({
    code: "process-failed",
    operation: "start",
    subject: "the delay line",
    reason: `it ended with ${end}: ${log.trim().split("\n").slice(-3).join("\n")}`,
  });
}
