import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createPinFolder, requireFeature } from "@heddle/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readResults } from "./results.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hdt-bench-"));

// Mounts the BPF file system where it is not.
beforeAll(() => createPinFolder()[Symbol.dispose]());
beforeEach((context) => requireFeature(context, "tcx"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  /** Lines that tell how it goes on. */
  readonly progress: AsyncIterator<string>;
  readonly ended: Promise<unknown[]>;
}

function start(...args: readonly string[]): Run {
  const command = ["--conditions=heddle-source", main, "paths", "--compare", "none", ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe"] });
  const progress = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  return { child, progress, ended: once(child, "exit") };
}

/** Reads on until a line has this, and gives it. */
async function until(progress: Run["progress"], part: string): Promise<string> {
  for (;;) {
    const { value, done } = await progress.next();
    if (done === true) throw new Error(`it ended before it said ${part}`);
    if (value.includes(part)) return value;
  }
}

/** The namespaces, labs, pins and processes of a run, whose names all have its process in them. */
function leftOf({ pid = 0 }: ChildProcess): readonly string[] {
  const names = ["/run/netns", "/run/heddle-lab", "/sys/fs/bpf/heddle-lab"].flatMap(namesIn);
  return [...names, ...commandLines()].filter((name) => name.includes(`bench-${String(pid)}-`));
}

function namesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        // It has ended since.
        return "";
      }
    });
}

describe("the benchmark", () => {
  it("measures raw veth, redirect_peer and ours side by side", async () => {
    const output = join(folder, "results");
    const names = ["veth", "redirect-peer", "ours"];
    const run = start(
      "--contestants",
      names.join(),
      "--rounds",
      "1",
      "--seconds",
      "0.1",
      "--output",
      output,
    );
    const said: string[] = [];
    for (
      let line = await run.progress.next();
      line.done !== true;
      line = await run.progress.next()
    ) {
      said.push(line.value);
    }
    expect([await run.ended, said.filter((line) => line.includes("failed"))]).toEqual([
      [0, null],
      [],
    ]);
    const { rows } = readResults(output);
    const measures = new Set(rows.map(({ measure }) => measure));
    expect(measures).toContain("rrx-p999");
    expect(rows).toHaveLength(names.length * measures.size);
    for (const { measure, value, ratio } of rows) {
      if (measure === "udp-loss") continue;
      expect(value.median).toBeGreaterThan(0);
      expect(ratio?.median).toBeGreaterThan(0);
      expect(ratio?.median).toBeLessThan(Number.POSITIVE_INFINITY);
    }
    expect(existsSync(join(output, "paths.svg"))).toBe(true);
  }, 60_000);

  it.each([
    ["setting up", 0],
    ["measuring", 3],
  ])("leaves nothing when it is told to end while %s", async (when, least) => {
    const output = join(folder, "ended");
    const names = ["--contestants", "redirect-peer,ours"];
    const run = start(...names, "--tests", "rr", "--seconds", "60", "--output", output);
    await until(run.progress, when);
    expect(leftOf(run.child).length).toBeGreaterThanOrEqual(least);
    run.child.kill("SIGINT");
    expect(await run.ended).toEqual([130, null]);
    expect(leftOf(run.child)).toEqual([]);
    expect(existsSync(output)).toBe(false);
  });
});
