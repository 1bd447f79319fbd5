import { describe, expect, it } from "vitest";
import { CodedError, createLogger, createManualClock, type LogRecord, toError } from "./index.ts";

describe("CodedError", () => {
  it("composes operation, subject, reason and hint into one line and keeps the cause", () => {
    const cause = new Error("ENOSPC");
    const error = new CodedError({
      code: "pool-exhausted",
      operation: "allocate address",
      subject: "pod default/web-0",
      reason: "254 of 254 in use",
      hint: "add a prefix",
      cause,
    });
    expect(error.message).toBe(
      "allocate address pod default/web-0: 254 of 254 in use (add a prefix)",
    );
    expect(error.cause).toBe(cause);
    expect(error.name).toBe("CodedError");
  });

  it("wraps what is not an error", () => {
    const error = new Error("x");
    expect(toError(error)).toBe(error);
    expect(toError("boom").message).toBe("boom");
  });
});

describe("the manual clock", () => {
  it("runs timers in order of their due time, each at its own moment", () => {
    const clock = createManualClock(1000);
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now()]);
    clock.schedule(20, note("b"));
    clock.schedule(10, () => {
      note("a")();
      clock.schedule(5, note("nested"));
    });
    clock.schedule(20, note("c"));
    clock.advance(19);
    expect(seen).toEqual([
      ["a", 1010],
      ["nested", 1015],
    ]);
    clock.advance(1);
    expect(seen.slice(2)).toEqual([
      ["b", 1020],
      ["c", 1020],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("does not run a disposed timer", () => {
    const clock = createManualClock();
    let ran = false;
    clock.schedule(1, () => (ran = true))[Symbol.dispose]();
    clock.advance(10);
    expect(ran).toBe(false);
  });
});

describe("the logger", () => {
  it("drops records below its level and merges bound fields", () => {
    const records: LogRecord[] = [];
    const logger = createLogger((record) => records.push(record), "warn").child({ node: "a" });
    logger.info("ignored");
    logger.error("kept", { pod: "b" });
    expect(records).toEqual([{ level: "error", message: "kept", fields: { node: "a", pod: "b" } }]);
  });
});
