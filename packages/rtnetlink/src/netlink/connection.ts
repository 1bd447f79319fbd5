import { constants } from "node:os";
import { toError } from "@heddle/contracts";
import { errnoError, errnoName, systemError } from "../errno.ts";
import { type Attempt, RtnetlinkError } from "../rtnetlink-error.ts";
import { type Acknowledgement, decodeAcknowledgement } from "./acknowledgement.ts";
import type { AttributeNames } from "./attributes.ts";
import type { Channel, OpenChannel } from "./channel.ts";
import {
  controlType,
  decodeMessages,
  encodeMessage,
  type Message,
  messageFlag,
  messageHeaderSize,
} from "./message.ts";

/** What is asked of the kernel. */
export interface Request extends Attempt {
  readonly type: number;
  /** Beyond those that every request has. */
  readonly flags?: number;
  readonly payload: Uint8Array;
  /** Names the attributes in the kernel's complaints. */
  readonly names: AttributeNames;
  /** What to do about an errno, where its usual hint does not fit. */
  readonly hints?: Readonly<Record<string, string>>;
}

/**
 * Requests and their answers over one socket.
 *
 * Requests that are made while the kernel handles others go out together in one datagram, in order; the
 * kernel treats each on its own. Answers are matched by sequence number.
 */
export interface Connection {
  /** Resolves with what the kernel sent before it acknowledged the request. */
  request(request: Request): Promise<readonly Message[]>;
  /** Resolves with the whole collection; lists anew while it changes under way. */
  dump(request: Request): Promise<readonly Message[]>;
  /** Refuses new requests, waits for those under way, closes the socket. */
  close(): Promise<void>;
}

/** Requests that the kernel may have to answer at once: their answers must fit the receive buffer. */
const window = 64;
/** Bytes in one datagram, well below the default send buffer of 212992. */
const maxDatagram = 65_536;
/** A listing that changed this often during itself is given up. */
const maxDumps = 30;

interface Answer {
  readonly messages: readonly Message[];
  /** The collection changed while it was listed, or a part of it was lost. */
  readonly inconsistent: boolean;
}

interface Exchange {
  readonly request: Request;
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly isDump: boolean;
  readonly messages: Message[];
  inconsistent: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** @throws {RtnetlinkError} when the socket cannot be opened */
export function openConnection(open: OpenChannel): Connection {
  return new SocketConnection(open);
}

class SocketConnection implements Connection {
  readonly #channel: Channel;
  readonly #pending = new Map<number, Exchange>();
  readonly #outbox: Exchange[] = [];
  #sending = false;
  #sequence = 0;
  #lastDump: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #drained: () => void = () => undefined;

  constructor(open: OpenChannel) {
    this.#channel = open({
      received: (datagram) => this.#received(datagram),
      failed: (errno) => this.#failed(errno),
    });
  }

  async request(request: Request): Promise<readonly Message[]> {
    this.#requireOpen(request);
    const answer = await this.#exchange(request, messageFlag.ack, false);
    return answer.messages;
  }

  /** One after another: the kernel refuses a second dump on a socket while the first runs. */
  async dump(request: Request): Promise<readonly Message[]> {
    this.#requireOpen(request);
    const result = this.#lastDump.then(() => this.#dump(request));
    this.#lastDump = result.catch(() => undefined);
    return result;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #requireOpen({ operation, subject }: Attempt): void {
    if (this.#closed === undefined) return;
    throw new RtnetlinkError({
      operation,
      subject,
      code: "closed",
      reason: "the socket is closed",
    });
  }

  async #dump(request: Request): Promise<readonly Message[]> {
    for (let attempt = 1; attempt <= maxDumps; attempt += 1) {
      const answer = await this.#exchange(request, messageFlag.dump, true);
      if (!answer.inconsistent) return answer.messages;
    }
    throw new RtnetlinkError({
      operation: request.operation,
      subject: request.subject,
      code: "interrupted",
      reason: `what is listed changed during each of ${String(maxDumps)} attempts`,
      hint: "try again when fewer changes are made",
    });
  }

  #exchange(request: Request, flags: number, isDump: boolean): Promise<Answer> {
    this.#sequence = (this.#sequence % 0xffff_ffff) + 1;
    const sequence = this.#sequence;
    const bytes = encodeMessage({
      type: request.type,
      flags: messageFlag.request | flags | (request.flags ?? 0),
      sequence,
      payload: request.payload,
    });
    const parts = { request, bytes, sequence, isDump, messages: [], inconsistent: false };
    if (this.#pending.size === 0) this.#channel.hold(true);
    // In a microtask, so that requests made together go out together.
    queueMicrotask(() => this.#flush());
    return new Promise((resolve, reject) => {
      const exchange: Exchange = { ...parts, resolve, reject };
      this.#pending.set(sequence, exchange);
      this.#outbox.push(exchange);
    });
  }

  #flush(): void {
    const batch = this.#sending ? [] : this.#takeBatch();
    if (batch.length === 0) return;
    this.#sending = true;
    const sent = this.#channel.send(Buffer.concat(batch.map((exchange) => exchange.bytes)));
    void sent
      .catch((error: unknown) => {
        for (const exchange of batch) {
          this.#finish(exchange);
          exchange.reject(systemError(exchange.request, error));
        }
      })
      .finally(() => {
        this.#sending = false;
        this.#flush();
      });
  }

  /** As many from the outbox as the window and a datagram have room for. */
  #takeBatch(): Exchange[] {
    const underWay = this.#pending.size - this.#outbox.length;
    let bytes = 0;
    let count = 0;
    for (const exchange of this.#outbox) {
      bytes += exchange.bytes.length;
      if (underWay + count >= window || (count > 0 && bytes > maxDatagram)) break;
      count += 1;
    }
    return this.#outbox.splice(0, count);
  }

  #received(datagram: Uint8Array): void {
    try {
      for (const message of decodeMessages(datagram)) this.#take(message);
    } catch (error) {
      this.#failAll(() => toError(error));
    }
  }

  #take(message: Message): void {
    const exchange = this.#pending.get(message.sequence);
    if (exchange === undefined) return;
    if ((message.flags & messageFlag.dumpInterrupted) !== 0) exchange.inconsistent = true;
    if (message.type === controlType.overrun) exchange.inconsistent = true;
    else if (message.type === controlType.error || message.type === controlType.done) {
      this.#end(exchange, decodeAcknowledgement(message));
    } else if (message.type !== controlType.noop) exchange.messages.push(message);
  }

  #end(exchange: Exchange, acknowledgement: Acknowledgement): void {
    this.#finish(exchange);
    const { messages, inconsistent, request } = exchange;
    if (acknowledgement.errno === 0) exchange.resolve({ messages, inconsistent });
    else exchange.reject(refusal(request, acknowledgement));
  }

  /**
   * A dump is read at the reader's pace and loses nothing; the answer to anything else may have been dropped. EINVAL says that
   * a dump was to be gone on with which meanwhile came to its end, as it may while another thread sends the request
   * (`netlink_dump`, also in Linux 6.18): all of it is there to be received.
   */
  #failed(errno: number): void {
    if (errno === constants.errno.EINVAL) return;
    if (errno === constants.errno.ENOBUFS) {
      this.#failAll(lostError, (exchange) => !exchange.isDump);
    } else {
      this.#failAll((request) => errnoError(request, errno));
    }
  }

  #failAll(
    error: (request: Request) => Error,
    which: (exchange: Exchange) => boolean = () => true,
  ): void {
    const waiting = new Set(this.#outbox);
    for (const exchange of this.#pending.values()) {
      if (waiting.has(exchange) || !which(exchange)) continue;
      this.#finish(exchange);
      exchange.reject(error(exchange.request));
    }
  }

  #finish(exchange: Exchange): void {
    this.#pending.delete(exchange.sequence);
    if (this.#pending.size === 0) {
      this.#channel.hold(false);
      this.#drained();
    }
    if (this.#outbox.length > 0) this.#flush();
  }

  async #close(): Promise<void> {
    await this.#lastDump;
    if (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    this.#channel.close();
  }
}

function refusal(request: Request, acknowledgement: Acknowledgement): RtnetlinkError {
  const name = errnoName(acknowledgement.errno);
  return errnoError(request, acknowledgement.errno, {
    text: acknowledgement.text ?? plainTexts[name],
    attribute: offendingAttribute(request, acknowledgement),
    hint: request.hints?.[name],
  });
}

/** Where the kernel gives no reason and the errno's own text speaks of files and processes. */
const plainTexts: Readonly<Record<string, string>> = {
  EEXIST: "it exists already",
  ENOENT: "there is none",
  ESRCH: "there is none",
  ENODEV: "there is no such device",
  EADDRNOTAVAIL: "the device has no such address",
};

function offendingAttribute(
  { names, payload }: Request,
  { offset, missingType }: Acknowledgement,
): string | undefined {
  if (missingType !== undefined) return names.nameOf(missingType);
  return offset === undefined ? undefined : names.nameAt(payload, offset - messageHeaderSize);
}

function lostError({ operation, subject }: Attempt): RtnetlinkError {
  return new RtnetlinkError({
    operation,
    subject,
    code: "replies-lost",
    reason: "the kernel's answer did not fit the receive buffer; the request may have taken effect",
    hint: "look at the object's state, or raise the option receiveBuffer",
    errno: "ENOBUFS",
  });
}
