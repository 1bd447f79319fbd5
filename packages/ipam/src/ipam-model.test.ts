import {
  createManualClock,
  type IpAddress,
  ipFamily,
  type IpFamily,
  type IpPrefix,
  parseIp,
  prefixFamily,
} from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIpam, type Ipam, IpamError, type PrefixUsage } from "./index.ts";
import {
  addressesOf,
  coolDown,
  everyAddress,
  Model,
  prefixes,
  reserved,
  withheld,
} from "./pool-model.fake.ts";

/** The addresses that are drawn first, so that steps meet on them; or any. */
const firstAddress = fc.constantFrom(...["10.0.0.1", "10.0.0.2", "fd00::1"].map(parseIp));
const anyAddress = fc.constantFrom(...everyAddress);

const owner = fc.oneof(fc.constantFrom("a", "b"), fc.constantFrom("c", "d", "e", "f", "g"));
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("allocate"),
      owner,
      families: fc.constantFrom<IpFamily[]>([4], [6], [4, 6], [6, 4, 6], []),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("claim"),
      owner,
      addresses: fc.array(fc.oneof(firstAddress, anyAddress), { maxLength: 2 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("release"), owner }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance"), by: fc.nat(150) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("add", "drain", "remove"),
      prefix: fc.constantFrom(...prefixes),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What a step came to, and what it may come to. */
interface Outcome {
  readonly actual: string;
  readonly allowed: readonly string[];
}

/** What the action gives, or the code with which it is refused. */
function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    if (error instanceof IpamError) return error.code;
    throw error;
  }
}

/** A pool beside its model. */
class World {
  readonly clock = createManualClock();
  readonly model = new Model();
  readonly ipam: Ipam;
  readonly #strategy: "first-free" | "random";

  constructor(strategy: "first-free" | "random", initial: readonly IpPrefix[]) {
    this.#strategy = strategy;
    this.model.prefixes = [...initial];
    this.ipam = createIpam(
      { clock: this.clock },
      { prefixes: initial, reserved, strategy, coolDown },
    );
  }

  apply(one: Step): Outcome {
    if ("families" in one) return this.#allocate(one.owner, one.families);
    if ("addresses" in one) return this.#claim(one.owner, one.addresses);
    if ("by" in one) return this.#advance(one.by);
    if ("owner" in one) return this.#release(one.owner);
    if (one.kind === "add") return this.#add(one.prefix);
    return one.kind === "drain" ? this.#drain(one.prefix) : this.#remove(one.prefix);
  }

  /** The state of the pool, in the same form as that of the model. */
  get actual(): unknown {
    const { ipam } = this;
    const held = Array.from(ipam.allocations.entries(), ([name, allocation]) =>
      allocation.addresses.map((address) => `${address} ${name}`),
    );
    const found = everyAddress.map((address) => [address, ipam.ownerOf(address)] as const);
    return {
      held: held.flat().toSorted(),
      owners: new Map(found.filter(([, name]) => name !== undefined)),
      usage: ipam.usage$.value,
    };
  }

  get expected(): unknown {
    const { owners } = this.model;
    return {
      held: Array.from(owners, ([address, name]) => `${address} ${name}`).toSorted(),
      owners,
      usage: this.model.prefixes.map((prefix) => this.#usageOf(prefix)),
    };
  }

  #usageOf(prefix: IpPrefix): PrefixUsage {
    const usable = addressesOf(prefix).filter((address) => !withheld.has(address));
    const used = usable.filter((address) => this.model.owners.has(address)).length;
    const cooling = usable.filter((address) => this.model.cooling.has(address)).length;
    const draining = this.model.draining.has(prefix);
    const free = draining ? 0n : BigInt(usable.length - used - cooling);
    const family = prefixFamily(prefix);
    return { prefix, family, capacity: BigInt(usable.length), used, cooling, free, draining };
  }

  #allocate(name: string, families: readonly IpFamily[]): Outcome {
    const allowed = this.#allocations(name, families);
    const actual = outcome(() => this.ipam.allocate(name, families).addresses.join());
    this.model.give(name, this.ipam.allocations.get(name)?.addresses ?? []);
    return { actual, allowed };
  }

  /** What an owner may be given. */
  #allocations(name: string, families: readonly IpFamily[]): readonly string[] {
    if (families.length === 0) return ["no-family"];
    let allowed = [""];
    for (const family of [4, 6] as const) {
      const held = this.model.held(name).filter((address) => ipFamily(address) === family);
      const free = this.model.free(family);
      const offers = this.#strategy === "random" ? free : free.slice(0, 1);
      const choice = held.length > 0 || !families.includes(family) ? held : offers;
      if (families.includes(family) && choice.length === 0) {
        return [this.model.has(family) ? "exhausted" : "no-prefix"];
      }
      if (choice.length > 0) {
        allowed = allowed.flatMap((before) =>
          choice.map((address) => (before === "" ? address : `${before},${address}`)),
        );
      }
    }
    return allowed;
  }

  #claim(name: string, addresses: readonly IpAddress[]): Outcome {
    const { model } = this;
    const held = model.held(name);
    const wanted = [...new Set(addresses)].filter((address) => !held.includes(address));
    const families = [...held, ...wanted].map(ipFamily);
    const second = new Set(families).size < families.length ? "second-address" : undefined;
    const refusals = [second, ...wanted.map((address) => model.refusal(name, address))];
    const refusal = refusals.find((reason) => reason !== undefined);
    if (refusal === undefined) model.give(name, wanted);
    return {
      actual: outcome(() => this.ipam.claim(name, addresses).addresses.join()),
      allowed: [refusal ?? model.held(name).join()],
    };
  }

  #release(name: string): Outcome {
    const allowed = [String(this.model.held(name).length > 0)];
    this.model.release(name);
    return { actual: String(this.ipam.release(name)), allowed };
  }

  #advance(duration: number): Outcome {
    this.clock.advance(duration);
    this.model.advance(duration);
    return { actual: "later", allowed: ["later"] };
  }

  #add(prefix: IpPrefix): Outcome {
    const { ipam, model } = this;
    const there = model.prefixes.includes(prefix) && !model.draining.has(prefix);
    if (!there) model.add(prefix);
    const actual = outcome(() => {
      ipam.addPrefix(prefix);
      return "added";
    });
    return { actual, allowed: [there ? "overlapping-prefix" : "added"] };
  }

  #drain(prefix: IpPrefix): Outcome {
    const { ipam, model } = this;
    const there = model.prefixes.includes(prefix);
    if (there) model.drain(prefix);
    const actual = outcome(() => {
      ipam.drainPrefix(prefix);
      return "drained";
    });
    return { actual, allowed: [there ? "drained" : "unknown-prefix"] };
  }

  #remove(prefix: IpPrefix): Outcome {
    const { ipam, model } = this;
    const there = model.prefixes.includes(prefix);
    const used = model.isUsed(prefix);
    if (!used) model.remove(prefix);
    const actual = outcome(() => {
      ipam.removePrefix(prefix);
      return "removed";
    });
    const inUse = used ? "prefix-in-use" : "removed";
    return { actual, allowed: [there ? inUse : "unknown-prefix"] };
  }
}

describe.each(["first-free", "random"] as const)("a pool, %s", (strategy) => {
  it("does what a list of addresses would, and nothing when it refuses", () => {
    fc.assert(
      fc.property(
        fc.subarray([...prefixes]),
        fc.array(step, { maxLength: 60 }),
        (initial, steps) => {
          const world = new World(strategy, initial);
          for (const one of steps) {
            const { actual, allowed } = world.apply(one);
            expect(allowed).toContain(actual);
            expect(world.actual).toEqual(world.expected);
          }
        },
      ),
      { numRuns: 400 },
    );
  }, 30_000);
});

const request = fc.record({ owner, families: fc.constantFrom<IpFamily[]>([4], [6], [4, 6], []) });
const history = fc.array(request, { maxLength: 30 });
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never;

/** Allocates; releases where no family is asked for. */
function serve(ipam: Ipam, { owner: name, families }: Request): string {
  if (families.length === 0) return String(ipam.release(name));
  return outcome(() => ipam.allocate(name, families).addresses.join());
}

function emptyPool(): Ipam {
  return createIpam({ clock: createManualClock() }, { prefixes, reserved });
}

it("a pool restored from its allocations goes on as the first one would", () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const first = emptyPool();
      for (const one of before) serve(first, one);
      const second = emptyPool();
      for (const [name, { addresses }] of first.allocations.entries())
        second.claim(name, addresses);
      for (const one of after) expect(serve(second, one)).toBe(serve(first, one));
      expect(second.usage$.value).toEqual(first.usage$.value);
    }),
  );
});
