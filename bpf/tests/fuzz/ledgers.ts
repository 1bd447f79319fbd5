import type { Ledger, Run, Verdict } from "@heddle-tools/fuzz";
import type { IpAddress } from "@heddle/contracts";
import { type Counter, CounterBound, type Hook, Reason, reasonName } from "@heddle/datapath";
import type { Scene } from "../scene.ts";
import { addressesOf, addressPlace } from "./addresses.ts";
import { forwarding } from "./forwarding.ts";

/** Ethernet's, which the counters of bytes leave out. */
const linkHeader = 14;

interface Sum {
  packets: number;
  bytes: number;
}

/** Where a reason's number says what was done: 0 to 31 forwarded or answered, 64 and above dropped. */
function verdictOf(reason: number): Verdict {
  if (reason >= 64) return "dropped";
  return reason >= 32 || reason === Reason.passed ? "passed" : "redirected";
}

/**
 * Packets and bytes of the hooks' counters are those of the packets that ran, as a whole, by verdict, and by the way that
 * they were forwarded. No other hook counts anything.
 */
export function counterLedger(scene: Scene, ...hooks: readonly Hook[]): Ledger {
  let before: readonly Counter[] = [];
  const isOwn = (index: number) => hooks.includes(Math.floor(index / CounterBound.reasons));
  return {
    name: "counters add up",
    open: () => {
      before = scene.counters();
      return Promise.resolve();
    },
    settle(runs) {
      const moved = scene.counters().map(({ packets, bytes }, index) => ({
        packets: Number(packets - (before[index]?.packets ?? 0n)),
        bytes: Number(bytes - (before[index]?.bytes ?? 0n)),
      }));
      const own = moved.map((sum, index) => (isOwn(index) ? sum : { packets: 0, bytes: 0 }));
      const others = moved.filter((_, index) => !isOwn(index));
      const lines = compare(
        sumBy(runs, ({ verdict }) => verdict),
        sumCounters(own, verdictOf),
      );
      const ways = compare(sumBy(runs, wayOf), sumCounters(own, wayOfReason));
      const strange = others.some(({ packets }) => packets > 0) ? ["another hook counted"] : [];
      return Promise.resolve([...lines, ...ways, ...strange]);
    },
  };
}

/** How a packet was forwarded, as the counters call it. */
function wayOf(run: Run): string | undefined {
  return run.verdict === "redirected" ? forwarding(run) : undefined;
}

function wayOfReason(reason: number): string | undefined {
  return verdictOf(reason) === "redirected" ? reasonName(reason) : undefined;
}

function sumBy(runs: readonly Run[], keyOf: (run: Run) => string | undefined): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const run of runs) {
    const way = run.verdict === "redirected" ? forwarding(run) : undefined;
    const { frame, after } = run;
    // What is around a packet in a tunnel does not count.
    const inner = way === "told" ? frame.length : Math.min(frame.length, after.length);
    const bytes = way === "answered" ? after.length : inner;
    add(sums, keyOf(run), 1, bytes - linkHeader);
  }
  return sums;
}

function sumCounters(
  counters: readonly Sum[],
  keyOf: (reason: number) => string | undefined,
): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const [index, { packets, bytes }] of counters.entries())
    if (packets > 0) add(sums, keyOf(index % CounterBound.reasons), packets, bytes);
  return sums;
}

function add(sums: Map<string, Sum>, key: string | undefined, packets: number, bytes: number) {
  if (key === undefined) return;
  const sum = sums.get(key) ?? { packets: 0, bytes: 0 };
  sums.set(key, { packets: sum.packets + packets, bytes: sum.bytes + bytes });
}

function compare(seen: Map<string, Sum>, counted: Map<string, Sum>): readonly string[] {
  const keys = new Set([...seen.keys(), ...counted.keys()]);
  return [...keys].flatMap((key) => {
    const [a, b] = [text(seen.get(key)), text(counted.get(key))];
    return a === b ? [] : [`${key}: ${a} went through, ${b} were counted`];
  });
}

function text(sum: Sum = { packets: 0, bytes: 0 }): string {
  return `${String(sum.packets)} packets of ${String(sum.bytes)} bytes`;
}

/** What is known of the connections that packets may leave behind. */
export interface ConnectionLedgerOptions {
  /** Where the program verifies who sends: the sources that it lets send. */
  readonly maySend?: ReadonlySet<IpAddress>;
  /**
   * Whether a packet may begin a connection.
   *
   * @defaultValue if it went on
   */
  readonly leavesEntry?: (run: Run) => boolean;
}

/**
 * Every connection is between the addresses of a packet that may begin one, and, where the program verifies who sends, was
 * begun by one that it lets send; and there are no more of them than such packets.
 */
export function connectionLedger(
  scene: Scene,
  { maySend, leavesEntry = ({ verdict }) => verdict !== "dropped" }: ConnectionLedgerOptions = {},
): Ledger {
  return {
    name: "connections are of packets that went on",
    open: () => scene.forget(),
    async settle(runs) {
      const gone = runs.filter(leavesEntry);
      const ends = new Set(gone.map((run) => endsOf(innermost(run))));
      const entries = (await scene.allConnections()).map(({ original }) => original);
      const strange = entries.filter(
        ({ source, destination }) => !ends.has(`${source} ${destination}`),
      );
      const spoofed = entries.filter(({ source }) => maySend !== undefined && !maySend.has(source));
      return [
        ...strange.map((key) => `an entry from ${key.source} to ${key.destination}`),
        ...spoofed.map((key) => `an entry from ${key.source}, which may not send`),
        ...(entries.length > gone.length ? [`${String(entries.length)} entries`] : []),
      ];
    },
  };
}

/** The frame without the tunnel that it came in, or went into. */
function innermost({ frame, after }: Run): Uint8Array {
  return after.length < frame.length ? after : frame;
}

/** The addresses of an IP packet. */
function endsOf(frame: Uint8Array): string {
  const { start, size } = addressPlace(frame);
  if (frame.length < start + 2 * size) return "";
  const { source, destination } = addressesOf(frame);
  return `${source} ${destination}`;
}
