import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createPinFolder } from "@heddle/testing";
import { beforeAll, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** A demo of two nodes that has written its first line. */
interface Demo {
  readonly child: ChildProcess;
  readonly lab: string;
  readonly output: AsyncIterator<string>;
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>;
}

async function start(): Promise<Demo> {
  const args = ["--conditions=heddle-source", main, "--family", "ipv4"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await output.next();
  const lab = /^Bringing up lab (demo-[0-9a-f]+): 2 nodes/.exec(String(value))?.[1];
  if (lab === undefined) throw new Error(`the demo began with ${String(value)}`);
  return { child, lab, output, ended };
}

/** What is left of a lab. */
function filesOf(lab: string): readonly string[] {
  return ["/run/heddle-lab", "/sys/fs/bpf/heddle-lab", "/run/netns"]
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    .filter((file) => file.includes(lab));
}

/** The other demo may take the folder away, as the last one in it, between a look and the reading. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (existsSync(folder)) throw error;
    return [];
  }
}

// Mounts the BPF file system where it is not.
beforeAll(() => createPinFolder()[Symbol.dispose]());

describe("the demo", () => {
  it("runs beside another, reaches everybody, and leaves nothing", async () => {
    const demos = await Promise.all([start(), start()]);
    for (const { child } of demos) child.stdout?.resume();
    for (const { ended, lab } of demos) {
      expect(await ended).toEqual([0, null]);
      expect(filesOf(lab)).toEqual([]);
    }
  }, 60_000);

  it.each([
    ["while it brings up the lab", 0],
    ["when the lab is up", 1],
  ])("leaves nothing when it is told to end %s", async (_when, lines) => {
    const { child, lab, output, ended } = await start();
    for (let line = 0; line < lines; line++) await output.next();
    child.kill("SIGTERM");
    expect(await ended).toEqual([143, null]);
    expect(filesOf(lab)).toEqual([]);
  });

  it("leaves nothing when nobody reads on", async () => {
    const { child, lab, ended } = await start();
    child.stdout?.destroy();
    expect(await ended).toEqual([1, null]);
    expect(filesOf(lab)).toEqual([]);
  });
});
