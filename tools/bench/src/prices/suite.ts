import type { InterfaceIndex } from "@heddle/contracts";
import { type LoadedObject, openObject, u32 } from "libbpf-napi";
import { pinToCpu } from "../cpu.ts";
import { median } from "../median.ts";
import { compileOwn } from "../own-programs.ts";
import { flowPacket, hotVariation } from "../programs/frames.ts";
import { createScene, gatewayMac, remotePod, type Scene } from "../programs/scene.ts";
import type { OpenSuite, Suite } from "../suite.ts";

export interface PricesOptions {
  /** Runs of one batch. @defaultValue 50000 */
  readonly repeat?: number;
  /** Batches of a sample, each beside one of the program that does nothing. @defaultValue 9 */
  readonly batches?: number;
}

/** The price list of BPF: what one step costs on this machine. */
export function pricesSuite({ repeat = 50_000, batches = 9 }: PricesOptions = {}): Suite {
  return {
    name: "prices",
    description:
      "Nanoseconds of single steps of BPF programs, each taken eight times by a program of its own; what a " +
      "program takes that does nothing is subtracted. Keys change from step to step, all in the first cache.",
    tests: [
      {
        name: "step",
        measures: [{ name: "price", title: "price of a step", unit: "ns", better: "less" }],
      },
    ],
    contestants: steps,
    rounds: 5,
    open: async (contestants) => {
      const stranger = contestants.find((name) => !steps.includes(name));
      if (stranger !== undefined) throw new Error(`open suite prices: it has no step ${stranger}`);
      return await OpenPrices.create({ repeat, batches });
    },
  };
}

/** The programs of prices.bpf.c. */
const steps: readonly string[] = [
  "nothing",
  "jiffies",
  "ktime",
  "ktime_coarse",
  "random",
  "cpu_number",
  "packet_hash",
  "load_bytes",
  "store_bytes",
  "pull_data",
  "checksum_l3",
  "checksum_l4",
  "redirect",
  "redirect_peer",
  "fib_lookup",
  "look_array",
  "look_percpu_array",
  "look_hash_4",
  "look_hash_16",
  "look_hash_40",
  "miss_hash_40",
  "look_lru_16",
  "look_lru_40",
  "look_lpm_8",
  "look_lpm_20",
  "set_hash_16",
  "set_hash_40",
  "set_lru_40",
  "insert_lru_full",
  "ring_full",
  "add",
  "add_atomic",
  "call_static",
  "call_global",
  "tail_call",
];

/** How often a program takes its step, which is also what it returns. */
const times = 8;

class OpenPrices implements OpenSuite {
  readonly #object: LoadedObject;
  readonly #scene: Scene;
  readonly #options: Required<PricesOptions>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    object: LoadedObject,
    scene: Scene,
    options: Required<PricesOptions>,
    stack: AsyncDisposableStack,
  ) {
    this.#object = object;
    this.#scene = scene;
    this.#options = options;
    this.#stack = stack;
  }

  static async create(options: Required<PricesOptions>): Promise<OpenPrices> {
    await using stack = new AsyncDisposableStack();
    stack.use(pinToCpu());
    const scene = stack.use(await createScene());
    using opened = await openObject(compileOwn("prices", stack));
    const object = stack.use(await opened.load());
    fillMaps(object);
    return new OpenPrices(object, scene, options, stack.move());
  }

  async run(_test: string, step: string): Promise<Readonly<Record<string, number>>> {
    // The first batch fills what has to be full.
    await this.#batch(step);
    const [own, others]: [number[], number[]] = [[], []];
    for (let batch = 0; batch < this.#options.batches; batch++) {
      const { durationNs, returnValue } = await this.#batch(step);
      if (returnValue !== times) {
        throw new Error(
          `measure price of ${step}: ${String(returnValue)} of ${String(times)} steps did what they should`,
        );
      }
      own.push(durationNs);
      others.push((await this.#batch("nothing")).durationNs);
    }
    return { price: (median(own) - median(others)) / times };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #batch(step: string): Promise<{ durationNs: number; returnValue: number }> {
    const { web, netns } = this.#scene;
    const source = web.address[4];
    const hop = {
      sourceMac: web.mac,
      destinationMac: gatewayMac,
      source,
      destination: remotePod[4],
    };
    const ifindex: InterfaceIndex = web.ifindex;
    return await this.#object.program(step).testRun({
      data: flowPacket(hop, "tcp", hotVariation),
      context: { ifindex },
      repeat: this.#options.repeat,
      netns,
    });
  }
}

/** Keys that begin with the numbers that the programs ask for. */
function fillMaps(object: LoadedObject): void {
  for (const name of ["hash_4", "hash_16", "hash_40", "lru_16", "lru_40", "lpm_8", "lpm_20"]) {
    const map = object.rawMap(name);
    const isTrie = map.type === "lpm_trie";
    const value = new Uint8Array(map.valueSize);
    for (let number = 0; number < 1024; number++) {
      const key = new Uint8Array(map.keySize);
      const view = new DataView(key.buffer);
      // A trie's key begins with the length of the prefix.
      if (isTrie) view.setUint32(0, (map.keySize - 4) * 8, true);
      view.setUint32(isTrie ? 4 : 0, number, true);
      map.set(key, value);
    }
  }
  const places = object.referenceMap({ name: "steps", type: "prog_array", key: u32 });
  for (let place = 1; place <= times; place++) {
    places.set(place, object.program(`tail_${String(place)}`));
  }
}
