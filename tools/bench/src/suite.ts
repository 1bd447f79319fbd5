/** A quantity that a test gives. */
export interface Measure {
  /** In kebab case, unique in its test: `rr-rate`. */
  readonly name: string;
  /** As tables and plots show it: `request/response`. */
  readonly title: string;
  /** `1/s`, `ns`, `us`, `ms`, `s`, `Gbit/s`, `MB`, `%`. */
  readonly unit: string;
  /** Which way is an improvement. */
  readonly better: "more" | "less";
}

/** Something that is done with every contestant in every round; it gives one number per measure. */
export interface Test {
  readonly name: string;
  readonly measures: readonly Measure[];
}

/** A family of tests that the same contestants take. */
export interface Suite {
  readonly name: string;
  /** What it measures and how, in one or two sentences, printed above its results. */
  readonly description: string;
  readonly tests: readonly Test[];
  /** The names of all contestants, of which the command line selects. */
  readonly contestants: readonly string[];
  /** The contestant whose number every other's of the same round is divided by. */
  readonly baseline?: string;
  /** Of contestants that have another baseline: one of IPv6, say, or of the same number of nodes. */
  readonly baselines?: Readonly<Record<string, string>>;
  /** Rounds where the command line says nothing. */
  readonly rounds: number;
  /** Sets up these contestants side by side. Whatever it makes is gone once the result is disposed of. */
  open(contestants: readonly string[], options?: OpenOptions): Promise<OpenSuite>;
}

/** What the command line says about how to measure. */
export interface OpenOptions {
  /** How long a sample takes, where that is to be chosen. */
  readonly seconds?: number;
  /** Once it is aborted, a test that runs ends at once, by throwing. */
  readonly signal?: AbortSignal;
}

/** A suite whose contestants are all set up. */
export interface OpenSuite extends AsyncDisposable {
  /**
   * Runs one test with one contestant. Gives a number for each of the test's measures.
   *
   * @throws when the contestant did not do what the test is about (a wrong output packet, a lost
   * connection): its numbers would mean nothing.
   */
  run(test: string, contestant: string): Promise<Readonly<Record<string, number>>>;
}

/** One number of one round. */
export interface Sample {
  readonly suite: string;
  readonly test: string;
  readonly measure: string;
  readonly contestant: string;
  /** From 0. */
  readonly round: number;
  readonly value: number;
}
