import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCodes, runBench } from "./bench.ts";
import { parseCsv } from "./csv.ts";
import { readResults } from "./results.ts";
import { createFakeSuite, type FakeSuite } from "./testing/fake-suite.ts";

const readme =
  "# Name\n\n<!-- performance: written by npm run bench -->\n<!-- end of performance -->\n\nMore.\n";
const never = new AbortController().signal;

let root: string;
let said: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hdt-bench-"));
  mkdirSync(join(root, "docs/reference"), { recursive: true });
  writeFileSync(join(root, "README.md"), readme);
  said = [];
});

afterEach(() => rmSync(root, { recursive: true }));

function run(suite: FakeSuite, ...args: readonly string[]): Promise<number> {
  return runUntil(never, suite, ...args);
}

function runUntil(
  stop: AbortSignal,
  suite: FakeSuite,
  ...args: readonly string[]
): Promise<number> {
  return runBench({ suites: [suite], root, say, report: () => undefined }, args, stop);
}

function say(line: string): void {
  said.push(line);
}

function output(): string {
  return join(root, "out");
}

describe("the benchmark", () => {
  it("writes every number, their summary, how the machine was, and pictures", async () => {
    expect(await run(createFakeSuite(), "--output", output(), "--rounds", "3")).toBe(
      exitCodes.good,
    );
    expect(readdirSync(output())).toEqual([
      "failures.csv",
      "fake-rate.svg",
      "fake-time-percentiles.svg",
      "fake-time.svg",
      "fake.svg",
      "machine.json",
      "rounds.csv",
      "samples.csv",
      "summary.csv",
    ]);
    const read = (name: string) => parseCsv(readFileSync(join(output(), name), "utf8"));
    expect(read("samples.csv")).toHaveLength(3 * 3 * 3);
    expect(read("rounds.csv").map(({ round }) => round)).toEqual(["0", "1", "2"]);
    expect(read("failures.csv")).toEqual([]);
    const slow = readResults(output()).rows.find(({ contestant }) => contestant === "slow");
    expect(slow?.ratio).toMatchObject({ count: 3, median: 2 });
  });

  it("prints medians and ratios of each test", async () => {
    await run(createFakeSuite(), "--output", output());
    const text = said.join("\n");
    expect(text).toContain("fake: time\n");
    expect(text).toMatch(/^ +slow +21\.00 x2\.000 ± +0\.0 %/m);
    expect(text).toContain(`Everything is in ${output()}`);
  });

  it("goes on after failures, tells of them, and ends with an error", async () => {
    const suite = createFakeSuite((_test, contestant) => {
      if (contestant === "slow") throw new Error("no answer");
    });
    expect(await run(suite, "--output", output(), "--rounds", "1")).toBe(exitCodes.failed);
    expect(said.at(-1)).toBe("failed: fake slow, time, rate, 2 times: no answer");
    expect(readResults(output()).rows.map(({ contestant }) => contestant)).not.toContain("slow");
  });

  it("writes nothing when everything failed", async () => {
    const suite = createFakeSuite(() => {
      throw new Error("no answer");
    });
    expect(await run(suite, "--output", output())).toBe(exitCodes.failed);
    expect(existsSync(output())).toBe(false);
  });

  it("shows what there is", async () => {
    await run(createFakeSuite(), "--list");
    expect(said).toContain("  contestants: base, slow, six");
  });
});

/** A suite in which one contestant's numbers are smaller in all rounds. */
function slower(): FakeSuite {
  const suite = createFakeSuite();
  return Object.assign(Object.create(suite), {
    open: async () => {
      const open = await suite.open(suite.contestants);
      return {
        run: async (test: string, contestant: string) => {
          const values = await open.run(test, contestant);
          if (contestant !== "slow") return values;
          return Object.fromEntries(
            Object.entries(values).map(([name, value]) => [name, 0.8 * value]),
          );
        },
        [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
      };
    },
  });
}

describe("results that are kept", () => {
  it("are what the next run is compared with", async () => {
    await run(createFakeSuite(), "--output", output(), "--rounds", "6", "--keep", "1.0.0");
    expect(await run(createFakeSuite(), "--output", output(), "--rounds", "6")).toBe(
      exitCodes.good,
    );
    expect(said).toContainEqual(expect.stringMatching(/^nothing moved beyond noise/));
    said = [];
    expect(await run(slower(), "--output", output(), "--rounds", "6")).toBe(exitCodes.good);
    expect(said).toContain("  worse: fake rate slow: ratio 0.5000 -> 0.4000, -20.0 %");
    expect(said).toContain("  better: fake time-p50 slow: ratio 2.000 -> 1.600, -20.0 %");
    const args = ["--from", output(), "--fail-on-regression"];
    expect(await run(slower(), ...args)).toBe(exitCodes.regressed);
    expect(await run(slower(), ...args, "--compare", "none")).toBe(exitCodes.good);
    expect(await run(slower(), ...args, "--compare", output())).toBe(exitCodes.good);
  });

  it("are shown by a page, pictures, and a part of the README", async () => {
    await run(createFakeSuite(), "--output", output(), "--rounds", "6");
    await run(createFakeSuite(), "--from", output(), "--keep", "1.0.0");
    const page = readFileSync(join(root, "docs/reference/performance.md"), "utf8");
    expect(page).toContain("| slow | 25.00 (2.000 ± 0.000) | 250.0 (2.000 ± 0.000) |");
    const shown = Array.from(page.matchAll(/\((performance\/\S+)\)/g), ([, path = ""]) => path);
    expect(shown).toContain("performance/fake-time-percentiles.svg");
    for (const path of shown) expect(existsSync(join(root, "docs/reference", path))).toBe(true);
    const changed = readFileSync(join(root, "README.md"), "utf8");
    expect(changed).toContain("(docs/reference/performance/fake.svg)");
    expect(changed).toMatch(/^# Name\n[^]*\nMore\.\n$/);
    await run(createFakeSuite(), "--from", output(), "--keep", "1.0.1");
    expect(readFileSync(join(root, "README.md"), "utf8")).toBe(changed);
  });

  it("are whole: those of a run that was ended are written, but not kept", async () => {
    const stop = new AbortController();
    const suite = createFakeSuite(() => {
      if (suite.asked.length === 20) stop.abort();
    });
    await runUntil(stop.signal, suite, "--output", output(), "--rounds", "9", "--keep", "1.0.0");
    expect(existsSync(join(output(), "summary.csv"))).toBe(true);
    expect(existsSync(join(root, "tools/bench/results"))).toBe(false);
  });

  it("that are not there, or damaged, are told before anything is run", async () => {
    const suite = createFakeSuite();
    await expect(run(suite, "--compare", join(root, "x"))).rejects.toThrow(
      "there is no such folder",
    );
    mkdirSync(output());
    writeFileSync(join(output(), "machine.json"), "{}");
    await expect(run(suite, "--compare", output())).rejects.toThrow("has no processor");
    expect(suite.opened).toBe(0);
  });
});
