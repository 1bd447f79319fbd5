import {
  type Clock,
  type InterfaceIndex,
  type IpFamily,
  type Logger,
  toError,
} from "@heddle/contracts";

/** A frame that is to be sent out of a device, several times. */
export interface Announcement {
  readonly device: InterfaceIndex;
  readonly family: IpFamily;
  readonly frame: Uint8Array;
}

export interface AnnouncerDeps {
  readonly send: (device: InterfaceIndex, frame: Uint8Array) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often an announcement is sent, and how many milliseconds apart. */
interface Repetition {
  readonly times: number;
  readonly interval: number;
}

const repetitions: Readonly<Record<IpFamily, Repetition>> = {
  /** ANNOUNCE_NUM and ANNOUNCE_INTERVAL (RFC 5227 section 1.1). */
  4: { times: 2, interval: 2000 },
  /** MAX_NEIGHBOR_ADVERTISEMENT, and the default of RetransTimer (RFC 4861 section 10). */
  6: { times: 3, interval: 1000 },
};

interface Waiting {
  readonly announcement: Announcement;
  readonly due: number;
}

/** Announcements that were sent equally often, in the order in which they are due. */
interface Stage {
  readonly waiting: Map<string, Waiting>;
  /** Where they wait afterwards; undefined when that was the last time. */
  readonly next: Stage | undefined;
  /** Milliseconds until then. */
  readonly interval: number;
}

/**
 * Sends announcements at a limited rate, those first that have been due for the longest time. There is one under a
 * key, so that what waits is bounded by what is announced at all.
 */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  /** Milliseconds from one frame to the next. */
  readonly #pause: number;
  readonly #first: Readonly<Record<IpFamily, Stage>> = {
    4: firstStage(repetitions[4]),
    6: firstStage(repetitions[6]),
  };
  readonly #stages: readonly Stage[] = [...chain(this.#first[4]), ...chain(this.#first[6])];
  readonly #sending = new Set<Promise<void>>();
  #timer: { readonly due: number; readonly handle: Disposable } | undefined;
  /** When the next frame may be sent. */
  #free = 0;
  #closed = false;

  /** `rate` is in frames per second; 0: nothing is announced. */
  constructor(deps: AnnouncerDeps, rate: number) {
    this.#deps = deps;
    this.#pause = 1000 / rate;
  }

  /** Announces from now on, in place of what was announced under the key. */
  announce(key: string, announcement: Announcement): void {
    this.forget(key);
    if (this.#pause === Number.POSITIVE_INFINITY) return;
    const due = this.#deps.clock.monotonic();
    this.#first[announcement.family].waiting.set(key, { announcement, due });
    this.#schedule();
  }

  /** Sends no more under the key. */
  forget(key: string): void {
    for (const { waiting } of this.#stages) waiting.delete(key);
  }

  /** Sends no more at all, and waits for what is being sent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.handle[Symbol.dispose]();
    await Promise.all(this.#sending);
  }

  #schedule(): void {
    const next = this.#next();
    if (this.#closed || next === undefined) return;
    const due = Math.max(next.due, this.#free);
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#timer?.handle[Symbol.dispose]();
    const delay = Math.max(0, due - this.#deps.clock.monotonic());
    const handle = this.#deps.clock.schedule(delay, () => {
      this.#timer = undefined;
      this.#sendNext();
    });
    this.#timer = { due, handle };
  }

  /** What has been due for the longest time, or will be first. */
  #next(): { readonly stage: Stage; readonly key: string; readonly due: number } | undefined {
    const heads = this.#stages.flatMap((stage) => {
      const [head] = stage.waiting;
      return head === undefined ? [] : [{ stage, key: head[0], due: head[1].due }];
    });
    return heads.reduce<(typeof heads)[number] | undefined>(
      (first, head) => (first === undefined || head.due < first.due ? head : first),
      undefined,
    );
  }

  #sendNext(): void {
    const now = this.#deps.clock.monotonic();
    const next = this.#next();
    if (next !== undefined && next.due <= now) {
      const { stage, key } = next;
      const announcement = stage.waiting.get(key)?.announcement;
      stage.waiting.delete(key);
      if (announcement !== undefined) {
        stage.next?.waiting.set(key, { announcement, due: now + stage.interval });
        this.#send(key, announcement);
      }
      this.#free = now + this.#pause;
    }
    this.#schedule();
  }

  /** A frame that cannot be sent is lost, as one that is sent may be: that is why there are several. */
  #send(key: string, { device, frame }: Announcement): void {
    const sending = this.#deps
      .send(device, frame)
      .catch((error: unknown) => {
        const { logger } = this.#deps;
        logger.warn("an address was not announced", { address: key, error: toError(error) });
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }
}

function firstStage({ times, interval }: Repetition): Stage {
  let stage: Stage = { waiting: new Map(), next: undefined, interval };
  for (let count = 1; count < times; count++) {
    stage = { waiting: new Map(), next: stage, interval };
  }
  return stage;
}

function* chain(first: Stage | undefined): Generator<Stage> {
  for (let stage = first; stage !== undefined; stage = stage.next) yield stage;
}
