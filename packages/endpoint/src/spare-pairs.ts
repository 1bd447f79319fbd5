import {
  type Clock,
  type InterfaceIndex,
  type Logger,
  type MacAddress,
  toError,
} from "@heddle/contracts";
import type { Link, Rtnetlink } from "@heddle/rtnetlink";
import type { EndpointPrograms } from "./endpoint-types.ts";

/** What the names of both ends of a pair that no pod has yet begin with; a number follows. */
const sparePrefix = "hs";

/** The other end's name is the node's end's with this behind. */
const peerSuffix = "p";

/** Milliseconds without a pod being connected after which spare pairs are made. */
const calmTime = 200;

/** Milliseconds after which it is tried again to make one. */
const retryTime = 10_000;

export interface SparePairsDeps {
  readonly node: Rtnetlink;
  readonly programs: EndpointPrograms;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Both ends are in the node's namespace, and down; the node's end runs the programs. */
export interface SparePair {
  readonly ifindex: InterfaceIndex;
  readonly peer: InterfaceIndex;
}

/**
 * Device pairs that are made before a pod comes. Attaching a program by tcx waits twice for all CPUs to pass
 * a quiescent state (`synchronize_rcu`, some 10 ms each), with the kernel's lock of all network devices held; so this is
 * done while no pod waits.
 */
export class SparePairs {
  readonly #deps: SparePairsDeps;
  readonly #wanted: number;
  readonly #address: MacAddress;
  readonly #pairs: SparePair[] = [];
  #number = 0;
  #timer: Disposable | undefined;
  #making: Promise<void> | undefined;
  #closed = false;

  /** @param address - The MAC address of the node's ends. */
  constructor(deps: SparePairsDeps, wanted: number, address: MacAddress) {
    this.#deps = deps;
    this.#wanted = wanted;
    this.#address = address;
  }

  /** Takes over what an earlier process had ready, and deletes what it did not finish. */
  async start(): Promise<void> {
    const links = await this.#deps.node.links.list({ kind: "veth" });
    const spares = links.filter(({ name }) => /^hs\d+p?$/.test(name));
    const byIndex = new Map(spares.map((link) => [link.index, link]));
    for (const link of spares) {
      this.#number = Math.max(
        this.#number,
        Number.parseInt(link.name.slice(sparePrefix.length), 10),
      );
      const peer = link.linkNetnsId === undefined && link.link !== undefined;
      const other = peer ? byIndex.get(link.link) : undefined;
      if (other === undefined) await this.#discard(link.index);
      else if (isNodeEnd(link)) await this.#adopt({ ifindex: link.index, peer: other.index });
    }
    this.#plan(calmTime);
  }

  /** One that is ready, which is the caller's from now on. No other is made while pods go on being connected. */
  take(): SparePair | undefined {
    const pair = this.#pairs.shift();
    this.#plan(calmTime);
    return pair;
  }

  /** Those that are ready stay for the next process. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#making;
  }

  async #adopt(pair: SparePair): Promise<void> {
    if (this.#pairs.length >= this.#wanted) return await this.#discard(pair.ifindex);
    await this.#deps.programs.attachPod(pair.ifindex);
    this.#pairs.push(pair);
  }

  async #discard(ifindex: InterfaceIndex): Promise<void> {
    await this.#deps.node.links.delete(ifindex);
    await this.#deps.programs.detachPod(ifindex);
  }

  #plan(delay: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#closed || this.#pairs.length >= this.#wanted) return;
    this.#timer = this.#deps.clock.schedule(delay, () => {
      this.#timer = undefined;
      this.#making ??= this.#makeNext().finally(() => (this.#making = undefined));
    });
  }

  async #makeNext(): Promise<void> {
    try {
      this.#pairs.push(await this.#make());
      if (this.#timer === undefined) this.#plan(0);
    } catch (error) {
      this.#deps.logger.warn("making a spare device pair failed", { error: toError(error) });
      this.#plan(retryTime);
    }
  }

  async #make(): Promise<SparePair> {
    const { node, programs } = this.#deps;
    const name = `${sparePrefix}${String(++this.#number)}`;
    const { index: ifindex, link: peer } = await node.links.add({
      name,
      kind: "veth",
      address: this.#address,
      addressGeneration: "none",
      peer: { name: `${name}${peerSuffix}` },
    });
    try {
      if (peer === undefined) throw new Error(`the kernel does not tell the other end of ${name}`);
      await programs.attachPod(ifindex);
      return { ifindex, peer };
    } catch (error) {
      await this.#discard(ifindex);
      throw error;
    }
  }
}

function isNodeEnd({ name }: Link): boolean {
  return !name.endsWith(peerSuffix);
}
