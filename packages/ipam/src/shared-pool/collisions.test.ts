import { type IpFamily, type IpPrefix, parsePrefix, prefixesOverlap } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClusterPrefix,
  createMemoryStore,
  createSharedPool,
  IpamError,
  type NodeBlock,
  type SharedConfig,
  type SharedPool,
} from "../index.ts";
import { type Fault, Life, StoreFailure, UnreliableStore, World } from "./unreliable-store.fake.ts";

const large: ClusterPrefix = { prefix: parsePrefix("10.0.0.0/27"), nodeLength: 30 };
const v6: ClusterPrefix = { prefix: parsePrefix("fd00::/61"), nodeLength: 64 };
/** The same addresses, in other parts. */
const small: ClusterPrefix = { prefix: parsePrefix("10.0.0.0/27"), nodeLength: 29 };

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ families: fc.constantFrom<readonly IpFamily[]>([4], [6], [4, 6]) }),
  },
  { weight: 4, arbitrary: fc.constant("release" as const) },
  { weight: 1, arbitrary: fc.constant("die" as const) },
  { weight: 1, arbitrary: fc.record({ added: fc.constantFrom(large, small) }) },
  { weight: 1, arbitrary: fc.record({ drained: fc.constant(large.prefix) }) },
  { weight: 1, arbitrary: fc.record({ removed: fc.constant(large.prefix) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

const fault = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Fault>("none") },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fault>("refused", "lost", "late", "conflict", "slow", "death"),
  },
);

/** What nodes use, and whether two of them ever used the same. */
class Cluster {
  readonly blocks = createMemoryStore<NodeBlock>();
  readonly configs = createMemoryStore<SharedConfig>();
  readonly uses = new Map<IpPrefix, string>();
  readonly problems: string[] = [];

  use(node: string, prefix: IpPrefix): void {
    for (const [other, user] of this.uses) {
      if (user !== node && prefixesOverlap(other, prefix)) {
        this.problems.push(`${node} uses ${prefix} while ${user} uses ${other}`);
      }
    }
    this.uses.set(prefix, node);
  }

  of(node: string): readonly IpPrefix[] {
    return [...this.uses].filter(([, user]) => user === node).map(([prefix]) => prefix);
  }
}

/** A node: its allocator may die, what it uses goes on being used. */
class Node {
  readonly #world: World;
  readonly #cluster: Cluster;
  readonly #name: string;

  constructor(world: World, cluster: Cluster, name: string) {
    this.#world = world;
    this.#cluster = cluster;
    this.#name = name;
  }

  /** Carries out commands, by one allocator after the other. */
  async run(commands: readonly Command[]): Promise<void> {
    const rest = [...commands];
    do {
      const life = new Life();
      // oxlint-disable-next-line no-await-in-loop -- one life after the other
      await Promise.race([this.#live(life, rest), life.ended]);
    } while (rest.length > 0);
  }

  /** What the node holds when all has come to rest. */
  async settle(): Promise<void> {
    this.#world.calm();
    await this.#wakeUp(this.#pool(new Life()));
  }

  #pool(life: Life): SharedPool {
    const blocks = new UnreliableStore(this.#cluster.blocks, this.#world, life);
    const configs = new UnreliableStore(this.#cluster.configs, this.#world, life);
    const { clock } = this.#world;
    return createSharedPool(
      { blocks, configs, clock, random: () => 0 },
      { prefixes: [large, v6], strategy: "first-free" },
    );
  }

  async #live(life: Life, rest: Command[]): Promise<void> {
    const pool = this.#pool(life);
    if (!(await this.#wakeUp(pool))) return;
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      if (next === "die") {
        life.die();
        return;
      }
      // oxlint-disable-next-line no-await-in-loop -- one command after the other
      const isFine = await survives(this.#carryOut(pool, next));
      // After a failure it is unknown what was done: the node asks.
      // oxlint-disable-next-line no-await-in-loop
      if (!isFine && !(await survives(this.#adopt(pool)))) return;
    }
  }

  async #wakeUp(pool: SharedPool): Promise<boolean> {
    return (await survives(pool.start())) && survives(this.#adopt(pool));
  }

  /** What is used has to be held, and what is held is used. */
  async #adopt(pool: SharedPool): Promise<void> {
    const held = await pool.held(this.#name);
    for (const prefix of this.#cluster.of(this.#name)) {
      if (!held.includes(prefix)) {
        this.#cluster.problems.push(`${this.#name} uses ${prefix}, which it does not hold`);
      }
    }
    for (const prefix of held) this.#cluster.use(this.#name, prefix);
  }

  async #carryOut(pool: SharedPool, next: Exclude<Command, "die">): Promise<void> {
    if (next === "release") {
      const [first] = this.#cluster.of(this.#name);
      if (first === undefined) return;
      this.#cluster.uses.delete(first);
      await pool.release(this.#name, first);
    } else if ("families" in next) {
      const got = await pool.acquire(this.#name, next.families);
      for (const prefix of got) this.#cluster.use(this.#name, prefix);
    } else if ("added" in next) {
      await pool.addPrefix(next.added);
    } else if ("drained" in next) {
      await pool.drainPrefix(next.drained);
    } else {
      await pool.removePrefix(next.removed);
    }
  }
}

/** Whether it succeeded, or was refused for a reason that is known. False where the outcome is unknown. */
async function survives(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof IpamError) return true;
    if (error instanceof StoreFailure) return false;
    throw error;
  }
}

/** The problems of a cluster whose nodes carried these commands out, each on its own. */
async function problemsOf(
  scheduler: fc.Scheduler,
  faults: readonly Fault[],
  commands: readonly (readonly Command[])[],
): Promise<readonly string[]> {
  const [world, cluster] = [new World(scheduler, faults), new Cluster()];
  const nodes = commands.map((_, index) => new Node(world, cluster, `n${String(index)}`));
  const runs = nodes.map((node, index) => node.run(commands[index] ?? []));
  await scheduler.waitFor(Promise.all(runs));
  // What is still on its way arrives before the nodes look for the last time.
  await scheduler.waitIdle();
  await scheduler.waitFor(Promise.all(nodes.map((node) => node.settle())));
  const objects = await cluster.blocks.list();
  const unused = objects.filter(
    ({ value: { prefix, node, confirmed } }) => !confirmed || cluster.uses.get(prefix) !== node,
  );
  return [...cluster.problems, ...unused.map(({ name }) => `nobody uses ${name}`)];
}

describe("allocators of one pool", () => {
  it("never collide, lose nothing and leave nothing, whatever fails and whoever dies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fault, { maxLength: 200 }),
        fc.array(fc.array(command, { maxLength: 8 }), { minLength: 2, maxLength: 3 }),
        async (scheduler, faults, commands) => {
          expect(await problemsOf(scheduler, faults, commands)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  }, 120_000);

  // Any of the many steps may be the one that takes long.
  const delays = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Fault>("none") },
      { weight: 1, arbitrary: fc.constantFrom<Fault>("slow", "late", "death") },
    ),
    { minLength: 10, maxLength: 60 },
  );
  const take: Command = { families: [4] };

  it("never collide while the prefix is cut into other parts", async () => {
    const cut: readonly Command[] = [{ removed: large.prefix }, { added: small }, take, take];
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), delays, async (scheduler, faults) => {
        const commands = [[take, take], cut];
        expect(await problemsOf(scheduler, faults, commands)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  it("never collide while they give back and take again", async () => {
    const churn: readonly Command[] = [take, "release", take, "release", take];
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), delays, async (scheduler, faults) => {
        expect(await problemsOf(scheduler, faults, [churn, churn])).toEqual([]);
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});
