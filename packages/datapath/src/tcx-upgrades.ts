import { type Clock, type InterfaceIndex, type Logger, toError } from "@heddle/contracts";
import { BpfError } from "libbpf-napi";
import { type AttachContext, attachPair, isPairAttached, type ProgramPair } from "./attach.ts";

/** Milliseconds without a new device after which devices are changed over. */
const calmTime = 1000;

/** Milliseconds between two devices, in which others get the kernel's lock of all devices. */
const gap = 50;

/** Milliseconds after which a device that could not be changed over is tried again. */
const retryTime = 10_000;

/**
 * Attaches to new devices of pods at once by filters, and later by tcx links in their place.
 *
 * Making a tcx link waits until all CPUs have passed a quiescent state (`synchronize_rcu`), with the lock of all
 * network devices held: some 10 to 20 ms for each of the two hooks, in which no other pod can be connected either. A
 * filter takes a millisecond. For as long as a device has both, the link's program is the first, and the filter's sees
 * what that one left to the kernel, decides the same, and counts it once more.
 */
export class TcxUpgrades {
  readonly #context: AttachContext;
  readonly #pair: ProgramPair;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting = new Set<InterfaceIndex>();
  #timer: Disposable | undefined;
  #running: { readonly ifindex: InterfaceIndex; readonly done: Promise<void> } | undefined;
  #closed = false;

  constructor(context: AttachContext, pair: ProgramPair, clock: Clock, logger: Logger) {
    this.#context = context;
    this.#pair = pair;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Brings the programs to a pod's device: to one that has links already by them, to any other by filters. */
  async attach(ifindex: InterfaceIndex): Promise<void> {
    await this.forget(ifindex);
    if (isPairAttached(this.#context, "pod", ifindex)) return await this.#attachBy("tcx", ifindex);
    await this.#attachBy("clsact", ifindex);
    this.#waiting.add(ifindex);
    this.#plan(calmTime);
  }

  /** Leaves a device as it is from now on. */
  async forget(ifindex: InterfaceIndex): Promise<void> {
    this.#waiting.delete(ifindex);
    if (this.#running?.ifindex === ifindex) await this.#running.done;
  }

  /** What still has filters keeps them, for the next process to see to. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    await this.#running?.done;
  }

  async #attachBy(kind: AttachContext["kind"], ifindex: InterfaceIndex): Promise<void> {
    await attachPair({ ...this.#context, kind }, "pod", ifindex, this.#pair);
  }

  #plan(delay: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#closed || this.#waiting.size === 0) return;
    this.#timer = this.#clock.schedule(delay, () => this.#next());
  }

  #next(): void {
    this.#timer = undefined;
    const [ifindex] = this.#waiting;
    if (ifindex === undefined || this.#running !== undefined) return;
    this.#waiting.delete(ifindex);
    this.#running = { ifindex, done: this.#run(ifindex) };
  }

  async #run(ifindex: InterfaceIndex): Promise<void> {
    const delay = await this.#upgrade(ifindex);
    this.#running = undefined;
    // Where a device came meanwhile, it is planned for already.
    if (this.#timer === undefined) this.#plan(delay);
  }

  /** Gives the milliseconds until the next. */
  async #upgrade(ifindex: InterfaceIndex): Promise<number> {
    try {
      await this.#attachBy("tcx", ifindex);
      return gap;
    } catch (thrown) {
      const error = toError(thrown);
      if (error instanceof BpfError && error.code === "no-device") return gap;
      this.#logger.warn("a device keeps filters in place of tcx links for now", { ifindex, error });
      this.#waiting.add(ifindex);
      return retryTime;
    }
  }
}
