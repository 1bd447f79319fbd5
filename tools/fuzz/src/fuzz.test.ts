import { parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import type { TestRunsInput } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import type { FuzzTarget, Input, Run, Verdict } from "./target.ts";
import { validFrame } from "./valid-packets.ts";

const traffic = {
  sourceMacs: [parseMac("02:00:00:00:00:01")],
  destinationMacs: [parseMac("02:00:00:00:00:02")],
  sources: [parseIpv4("10.0.0.1"), parseIpv6("fd00::1")],
  destinations: [parseIpv4("10.0.0.2"), parseIpv6("fd00::2")],
};

const numbers: Readonly<Record<Verdict, number>> = { passed: -1, dropped: 2, redirected: 7 };

/** A program in memory; `seen` collects what it was given. */
function program(decide: (input: Input) => Verdict, seen: Input[] = []): FuzzTarget["program"] {
  return {
    testRuns: ({ packets }: TestRunsInput) =>
      Promise.resolve(
        packets.map(({ data, context = {} }) => {
          if (data.length < 34) return { refused: "EINVAL" };
          const input = { frame: data, context };
          seen.push(input);
          return { refused: undefined, returnValue: numbers[decide(input)], data };
        }),
      ),
  };
}

const verdicts = { [-1]: "passed", 2: "dropped", 7: "redirected" } as const;

function targetOf(decide: (input: Input) => Verdict, extra: Partial<FuzzTarget> = {}): FuzzTarget {
  return {
    name: "test",
    program: program(decide),
    contexts: [{}],
    validFrame: (random) => validFrame(random, traffic),
    verdicts,
    oracles: [],
    ledgers: [],
    ...extra,
  };
}

const isUdp = ({ frame }: Input) => frame[12] === 8 && frame[23] === 17;

describe("a campaign", () => {
  it("tells what it was made of", async () => {
    const target = targetOf((input) => (isUdp(input) ? "passed" : "dropped"));
    const tally = await fuzz(target, { seed: 1, packets: 20_000 });
    expect(tally.packets).toBe(20_000);
    expect(tally.verdicts.passed + tally.verdicts.dropped).toBe(20_000);
    expect(tally.verdicts.passed).toBeGreaterThan(200);
    expect(tally.refused).toBeGreaterThan(0);
  });

  it("is the same for the same seed, and another for another", async () => {
    const runs: Input[][] = [];
    for (const seed of [1, 1, 2]) {
      const seen: Input[] = [];
      await fuzz(
        targetOf(() => "passed", { program: program(() => "passed", seen) }),
        {
          seed,
          packets: 1000,
        },
      );
      runs.push(seen);
    }
    const [first, again, other] = runs;
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("fails at a packet that an oracle does not like, made small, with its seed", async () => {
    const oracle = {
      name: "no UDP to port 53",
      judge: (run: Run) =>
        isUdp(run) && run.frame[36] === 0 && run.frame[37] === 53 ? "here is one" : undefined,
    };
    const failure = fuzz(
      targetOf(() => "passed", { oracles: [oracle] }),
      { seed: 7, packets: 9e4 },
    );
    const error: unknown = await failure.catch((thrown: unknown) => thrown);
    const lines = String(error)
      .split("\n")
      .map((line) => line.trim());
    expect(lines[0]).toBe("Error: test: no UDP to port 53: here is one");
    expect(lines).toContain("again: HEDDLE_FUZZ_SEED=7");
    // Nothing is left but what the oracle looks at.
    const bytes = Buffer.from(lines[2] ?? "", "hex");
    expect(bytes.length).toBe(38);
    expect([...bytes.entries()].filter(([, byte]) => byte !== 0)).toEqual([
      [12, 8],
      [23, 17],
      [37, 53],
    ]);
  });

  it("fails at a verdict that nobody knows", async () => {
    const target = targetOf(() => "redirected", { verdicts: { [-1]: "passed" } });
    await expect(fuzz(target, { seed: 1, packets: 100 })).rejects.toThrow(
      "verdicts: it returned 7",
    );
  });

  it("fails when a packet's fate depends on one before it, with both", async () => {
    const ports = new Set<number | undefined>();
    const remembering = (input: Input): Verdict => {
      if (isUdp(input)) ports.add(input.frame[35]);
      return !isUdp(input) && ports.has(input.frame[35]) ? "passed" : "dropped";
    };
    const ledger = {
      name: "memory",
      open: () => {
        ports.clear();
        return Promise.resolve();
      },
      settle: () => Promise.resolve([]),
    };
    const target = targetOf(remembering, { ledgers: [ledger] });
    const options = { seed: 1, packets: 5000 };
    const failure = fuzz(target, options);
    await expect(failure).rejects.toThrow("a packet's fate does not depend on others");
    const text = String(await failure.catch((error: unknown) => error));
    expect(text.match(/context/g)).toHaveLength(2);
    await fuzz({ ...target, remembers: () => true }, options);
  });

  it("fails when what packets leave behind does not agree with them", async () => {
    let counted = 0;
    const losing = (input: Input): Verdict => {
      if (input.frame[20] !== 0x40) counted++;
      return "dropped";
    };
    const ledger = {
      name: "counter",
      open: () => {
        counted = 0;
        return Promise.resolve();
      },
      settle: (runs: readonly Run[]) =>
        Promise.resolve(counted === runs.length ? [] : [`${String(counted)} were counted`]),
    };
    const failure = fuzz(targetOf(losing, { ledgers: [ledger] }), { seed: 1, packets: 5000 });
    await expect(failure).rejects.toThrow("counter: 0 were counted");
  });
});
