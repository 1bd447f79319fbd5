import { pinToCpu } from "../cpu.ts";
import { median } from "../median.ts";
import { compileOwn } from "../own-programs.ts";
import type { OpenSuite, Suite } from "../suite.ts";
import { hotVariation } from "./frames.ts";
import { type Datapath, type Leaving, loadDatapath } from "./objects.ts";
import { wrongOutcome } from "./outcome.ts";
import { fillReferences } from "./references.ts";
import { createRewind, type Frame, type Spread } from "./rewind.ts";
import { createScene } from "./scene.ts";
import { type Maker, type Situation, situations, type World } from "./situations.ts";

export interface ProgramsOptions {
  /** Runs of one batch; 65536 are one of each flow. @defaultValue 65536 */
  readonly repeat?: number;
  /** Batches of a sample, each beside one of the empty program. @defaultValue 9 */
  readonly batches?: number;
}

/** BPF programs one by one, run by the kernel without their hooks. */
export function programsSuite(options: ProgramsOptions = {}): Suite {
  const { repeat = 65_536, batches = 9 } = options;
  return {
    name: "programs",
    description:
      "Nanoseconds that a program takes for a packet, by BPF_PROG_TEST_RUN on one CPU: the packet is put back " +
      "before each run, and what the same takes with an empty program is subtracted.",
    tests: [
      { name: "hot", measures: [net] },
      { name: "flows", measures: [net] },
      { name: "size", measures: sizes },
    ],
    contestants: Object.keys(situations),
    baseline: "lru-redirect",
    rounds: 5,
    open: async (contestants) => await OpenPrograms.create(contestants, { repeat, batches }),
  };
}

const net = { name: "net", title: "net time of a run", unit: "ns", better: "less" } as const;
const sizes = [
  { name: "translated", title: "BPF instructions", unit: "B", better: "less" },
  { name: "jited", title: "machine code", unit: "B", better: "less" },
] as const;

class OpenPrograms implements OpenSuite {
  readonly #world: World;
  readonly #options: Required<ProgramsOptions>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    world: World,
    options: Required<ProgramsOptions>,
    stack: AsyncDisposableStack,
  ) {
    this.#world = world;
    this.#options = options;
    this.#stack = stack;
  }

  static async create(
    contestants: readonly string[],
    options: Required<ProgramsOptions>,
  ): Promise<OpenPrograms> {
    for (const name of contestants) makerOf(name);
    await using stack = new AsyncDisposableStack();
    stack.use(pinToCpu());
    const scene = stack.use(await createScene());
    const rewind = stack.use(await createRewind(compileOwn("programs", stack), scene.netns));
    await fillReferences(rewind.object, scene);
    const owned = stack.move();
    const loaded = new Map<string, Promise<Datapath>>();
    const datapath = (leaving: Leaving, isFresh: boolean): Promise<Datapath> => {
      const key = `${leaving} ${String(isFresh)}`;
      const before = loaded.get(key);
      if (before !== undefined) return before;
      const one = loadDatapath(scene, leaving, isFresh ? 0n : undefined);
      owned.defer(async () => (await one)[Symbol.asyncDispose]());
      loaded.set(key, one);
      return one;
    };
    return new OpenPrograms({ scene, datapath, rewind }, options, owned);
  }

  async run(test: string, contestant: string): Promise<Readonly<Record<string, number>>> {
    const situation = await makerOf(contestant)(this.#world);
    if (test === "size") {
      const { translatedSize: translated, jitedSize: jited } = situation.program.info();
      return { translated, jited };
    }
    const spread = test === "hot" ? "hot" : situation.spread;
    return { net: await this.#time(situation, contestant, spread) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** Batches of the program and of the empty one in turn. */
  async #time(situation: Situation, contestant: string, spread: Spread): Promise<number> {
    const { rewind } = this.#world;
    const { hook, ifindex, asked = situation } = situation;
    const empty = rewind.empty(hook);
    // Makes the flows known, in another order than they are asked for afterwards.
    rewind.aim(frameOf(asked), spread, "ascending");
    await this.#batch(asked, contestant);
    if (asked !== situation) {
      rewind.aim(frameOf(situation), spread, "ascending");
      await this.#batch(situation, contestant);
    }
    rewind.aim(frameOf(situation), spread, "scattered");
    const [own, others]: [number[], number[]] = [[], []];
    for (let batch = 0; batch < this.#options.batches; batch++) {
      own.push(await this.#batch(situation, contestant));
      const { durationNs } = await rewind.run(empty, hook, ifindex, this.#options.repeat);
      others.push(durationNs);
    }
    return median(own) - median(others);
  }

  async #batch(situation: Situation, contestant: string): Promise<number> {
    const { rewind } = this.#world;
    const { program, hook, ifindex, verdict } = situation;
    const result = await rewind.run(program, hook, ifindex, this.#options.repeat);
    const problem = wrongOutcome(result, verdict, situation.after(rewind.last(), result.data));
    if (problem !== undefined) throw new Error(`measure program ${contestant}: ${problem}`);
    return result.durationNs;
  }
}

function frameOf(situation: Situation): Frame {
  const { low, high } = situation;
  return { bytes: situation.before(hotVariation), low, high, begin: hotVariation };
}

function makerOf(contestant: string): Maker {
  const maker = situations[contestant];
  if (maker === undefined) throw new Error(`programs has no contestant ${contestant}`);
  return maker;
}
