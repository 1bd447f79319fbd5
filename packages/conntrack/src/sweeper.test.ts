import { createLogger, createManualClock } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { createSweeper, pause, type Sweep } from "./sweeper.ts";

const options = { shortest: 1000, longest: 30_000 };
const quiet: Sweep = { expired: 0, living: 0, limit: 1000, soonest: undefined };

describe("the pause after a sweep", () => {
  const rows: readonly (readonly [string, Partial<Sweep>, number])[] = [
    ["of an empty table is the longest", {}, 30_000],
    ["of a full table is the shortest", { living: 1000, soonest: 0 }, 1000],
    ["of a half full table lies between", { living: 500, soonest: 0 }, 15_500],
    ["is the shortest when all was dead, since more will be", { expired: 400, soonest: 0 }, 1000],
    ["ends when the first connection can be dead", { living: 1000, soonest: 8000 }, 8000],
    ["is never longer than the longest", { living: 10, soonest: 8_000_000 }, 30_000],
  ];
  it.each(rows)("%s", (_name, sweep, wanted) => {
    expect(pause({ ...quiet, ...sweep }, options)).toBe(wanted);
  });
});

describe("a sweeper", () => {
  it("goes on at its pace, also after a sweep that failed, until it is closed", async () => {
    const clock = createManualClock();
    const lines: string[] = [];
    const logger = createLogger(({ message }) => lines.push(message));
    const results: (Sweep | Error)[] = [
      { ...quiet, living: 1000, soonest: 0 },
      new Error("no"),
      quiet,
    ];
    const times: number[] = [];
    const sweep = async (): Promise<Sweep> => {
      times.push(clock.monotonic());
      const next = results.shift() ?? quiet;
      if (next instanceof Error) throw next;
      return await Promise.resolve(next);
    };
    const sweeper = createSweeper({ clock, logger, sweep }, options);
    await sweeper.start();
    for (const wait of [1000, 1000, 30_000, 30_000]) {
      clock.advance(wait);
      // The next one is planned when the promise of this one is done.
      await new Promise(setImmediate);
    }
    expect(times).toEqual([1000, 2000, 32_000, 62_000]);
    expect(lines).toEqual(["sweeping connections failed"]);
    await sweeper.close();
    expect(clock.pending).toBe(0);
  });

  it.each([
    [{ shortest: 0 }, "sweep.shortest"],
    [{ shortest: Number.NaN }, "sweep.shortest"],
    [{ shortest: 10, longest: 9 }, "sweep.longest"],
  ])("refuses %j", (wrong, subject) => {
    const deps = {
      clock: createManualClock(),
      logger: createLogger(() => undefined),
      sweep: () => Promise.resolve(quiet),
    };
    expect(() => createSweeper(deps, wrong)).toThrow(
      expect.objectContaining({ code: "invalid-option", subject }),
    );
  });
});
