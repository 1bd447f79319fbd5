import type { EventStream, IpAddress } from "@heddle/contracts";
import type { IpProtocol } from "@heddle/packet";
import { createEvents } from "@heddle/tables";
import type { Tuple } from "./tuple.ts";

/** How many ports of one translated address connections to one destination take. */
export interface PortUsage {
  readonly protocol: IpProtocol;
  /** The address that connections leave with. */
  readonly address: IpAddress;
  readonly destination: IpAddress;
  /** 0 for ICMP echo. */
  readonly destinationPort: number;
  readonly used: number;
  /** Ports that there are. */
  readonly capacity: number;
}

interface Account {
  /** Of the answers to one of its connections. */
  readonly reply: Tuple;
  used: number;
  warned: boolean;
}

/** Counts the ports in use per destination, and warns before they run out. */
export class PortLedger {
  readonly #capacity: number;
  readonly #threshold: number;
  readonly #accounts = new Map<string, Account>();
  readonly #warnings = createEvents<PortUsage>();

  constructor(capacity: number, threshold: number) {
    this.#capacity = capacity;
    this.#threshold = threshold;
  }

  get warnings(): EventStream<PortUsage> {
    return this.#warnings.stream;
  }

  /** Of each destination to which ports are in use. */
  usages(): readonly PortUsage[] {
    return Array.from(this.#accounts.values(), ({ reply }) => this.usage(reply));
  }

  /** The use of the ports that answers of this tuple come to. */
  usage(reply: Tuple): PortUsage {
    const { protocol, destination: address, source: destination, sourcePort } = reply;
    const used = this.#accounts.get(accountKey(reply))?.used ?? 0;
    const capacity = this.#capacity;
    return { protocol, address, destination, destinationPort: sourcePort, used, capacity };
  }

  take(reply: Tuple): void {
    const key = accountKey(reply);
    const account = this.#accounts.get(key) ?? { reply, used: 0, warned: false };
    this.#accounts.set(key, account);
    account.used++;
    if (account.used < this.#threshold || account.warned) return;
    account.warned = true;
    this.#warnings.emit(this.usage(reply));
  }

  giveBack(reply: Tuple): void {
    const key = accountKey(reply);
    const account = this.#accounts.get(key);
    if (account === undefined) return;
    account.used--;
    // Not at the threshold itself, around which the use of a busy destination goes up and down.
    if (account.used < this.#threshold / 2) account.warned = false;
    if (account.used === 0) this.#accounts.delete(key);
  }
}

function accountKey({ protocol, destination, source, sourcePort }: Tuple): string {
  return `${String(protocol)} ${destination} ${source} ${String(sourcePort)}`;
}
