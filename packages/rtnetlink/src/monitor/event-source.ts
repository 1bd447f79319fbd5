import type { Clock } from "@heddle/contracts";
import { errnoName } from "../errno.ts";
import type { Channel, OpenChannel } from "../netlink/channel.ts";
import { decodeMessages, type Message } from "../netlink/message.ts";

/** Who is told of events. */
export interface EventListener {
  /** Throws where the message is malformed. */
  event(message: Message): void;
  /** Events were lost and others are received again: what is known must be listed anew. */
  resumed(reason: string): void;
  /** The socket cannot be opened anew; it will be tried again. */
  stalled(error: unknown): void;
}

/**
 * A socket that receives events, and is replaced by a new one when any were lost.
 *
 * A netlink socket that has lost an event drops all further ones until its queue is empty, and reports
 * only the first loss (net/netlink/af_netlink.c, `NETLINK_S_CONGESTED`). With a new socket there is a
 * moment from which on nothing is missing.
 */
export class EventSource {
  readonly #open: OpenChannel;
  readonly #clock: Clock;
  readonly #retryDelay: number;
  readonly #listener: EventListener;
  #channel: Channel | undefined;
  #retry: Disposable | undefined;
  #isClosed = false;

  constructor(open: OpenChannel, clock: Clock, retryDelay: number, listener: EventListener) {
    this.#open = open;
    this.#clock = clock;
    this.#retryDelay = retryDelay;
    this.#listener = listener;
  }

  /** Opens the socket; its failure is the caller's. From now on it keeps the process alive. */
  open(): void {
    const channel = this.#open({
      received: (datagram) => this.#received(datagram),
      failed: (errno) => this.#replace(`receiving failed with ${errnoName(errno)}`),
    });
    channel.hold(true);
    this.#channel = channel;
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.[Symbol.dispose]();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #received(datagram: Uint8Array): void {
    try {
      for (const message of decodeMessages(datagram)) this.#listener.event(message);
    } catch (error) {
      this.#replace(error instanceof Error ? error.message : String(error));
    }
  }

  #replace(reason: string): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#retry?.[Symbol.dispose]();
    if (this.#isClosed) return;
    try {
      this.open();
      this.#listener.resumed(reason);
    } catch (error) {
      this.#listener.stalled(error);
      this.#retry = this.#clock.schedule(this.#retryDelay, () => this.#replace(reason));
    }
  }
}
