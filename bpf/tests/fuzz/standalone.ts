import { fileURLToPath } from "node:url";
import type { Ledger, Run, Verdict } from "@heddle-tools/fuzz";
import type { PerCpuMap } from "libbpf-napi";

/** The file of an object that travels with a package. */
export function objectFile(packageName: string, object: string): string {
  const path = `../../../packages/${packageName}/objects/${object}.bpf.o`;
  return fileURLToPath(new URL(path, import.meta.url));
}

/** The counts of a map with one for each reason. */
export function readCounts(map: PerCpuMap<number, bigint>): readonly number[] {
  return Array.from({ length: map.maxEntries }, (_, index) =>
    Number(map.fold(index, (sum, count) => sum + count, 0n) ?? 0n),
  );
}

/** What a program's counts, of reasons, say of its packets. */
export interface CountRules {
  readonly read: () => readonly number[];
  /** How packets with that reason end; what ends in several ways is nobody's, and undefined. */
  readonly verdictOf: (reason: number) => Verdict | undefined;
  /** Whether the packet is counted at all. */
  readonly counts: (run: Run) => boolean;
}

/** Counts are exactly the packets that are counted, as a whole, and by verdict where a reason has one. */
export function countLedger({ read, verdictOf, counts }: CountRules): Ledger {
  let before: readonly number[] = [];
  return {
    name: "counts add up",
    open: () => {
      before = read();
      return Promise.resolve();
    },
    settle(runs) {
      const counted = runs.filter(counts);
      const moved = read().map((count, reason) => count - (before[reason] ?? 0));
      const sum = (keep: (reason: number) => boolean) =>
        moved.reduce((total, count, reason) => total + (keep(reason) ? count : 0), 0);
      const dropped = counted.filter(({ verdict }) => verdict === "dropped").length;
      const lines = [
        ...differ(
          "packets",
          counted.length,
          sum(() => true),
        ),
        ...differ(
          "dropped",
          dropped,
          sum((reason) => verdictOf(reason) === "dropped"),
        ),
      ];
      return Promise.resolve(lines);
    },
  };
}

/** What to say where packets and their count differ. */
export function differ(what: string, seen: number, counted: number | bigint): readonly string[] {
  if (seen === Number(counted)) return [];
  return [`${what}: ${String(seen)} went through, ${String(counted)} were counted`];
}
