import { type IpAddress, ipFamily, type IpFamily } from "@heddle/contracts";
import type { LabProbe } from "@heddle/lab";

/** How one end reached another, the last time it tried. */
export interface Cell {
  readonly reached: boolean;
  /** Milliseconds from the first packet to the answer. */
  readonly latency: number;
  /** How many tries failed. */
  readonly failures: number;
  /** Why the last failed try did. */
  readonly error: string | undefined;
}

/** Two ends that should reach one another. */
export interface Pair {
  readonly from: LabProbe;
  readonly to: LabProbe;
  readonly address: IpAddress;
}

/** Every ordered pair in a family. */
function pairsOf(probes: readonly LabProbe[], family: IpFamily): readonly Pair[] {
  return probes.flatMap((from) =>
    probes.flatMap((to) => {
      const address = to.addresses.find((candidate) => ipFamily(candidate) === family);
      return from === to || address === undefined ? [] : [{ from, to, address }];
    }),
  );
}

/** What has been seen of who reaches whom. */
export class Matrix {
  readonly probes: readonly LabProbe[];
  readonly families: readonly IpFamily[];
  readonly pairs: readonly Pair[];
  readonly #cells = new Map<string, Cell>();

  constructor(probes: readonly LabProbe[], families: readonly IpFamily[]) {
    this.probes = probes;
    this.families = families;
    this.pairs = families.flatMap((family) => pairsOf(probes, family));
  }

  /** Notes an outcome: a latency, or why there is none. */
  note({ from, address }: Pair, outcome: number | string): void {
    const key = keyOf(from, address);
    const { failures = 0, error } = this.#cells.get(key) ?? {};
    this.#cells.set(
      key,
      typeof outcome === "number"
        ? { reached: true, latency: outcome, failures, error }
        : { reached: false, latency: 0, failures: failures + 1, error: outcome },
    );
  }

  cell(from: LabProbe, to: LabProbe, family: IpFamily): Cell | undefined {
    const address = to.addresses.find((candidate) => ipFamily(candidate) === family);
    return address === undefined ? undefined : this.#cells.get(keyOf(from, address));
  }

  /** The pairs that have not been tried, or that have failed. */
  unreached(): readonly { readonly pair: Pair; readonly reason: string }[] {
    return this.pairs.flatMap((pair) => {
      const cell = this.#cells.get(keyOf(pair.from, pair.address));
      if (cell?.failures === 0) return [];
      return [{ pair, reason: cell?.error ?? "not tried" }];
    });
  }
}

function keyOf(from: LabProbe, to: IpAddress): string {
  return `${from.name} ${to}`;
}
