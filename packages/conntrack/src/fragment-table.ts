import type { Fragment } from "./observation.ts";
import { formatTuple, type Tuple } from "./tuple.ts";

/** What the first fragment of a datagram said. */
interface Datagram {
  readonly key: string;
  readonly tuple: Tuple;
  /** Bytes of the first fragment; later ones begin after them. */
  readonly length: number;
  readonly expires: number;
  /** Set once fragments overlapped: nothing of the datagram is believed any more (RFC 5722). */
  overlapped: boolean;
}

/** Why a fragment cannot be given to a connection. */
export type FragmentProblem = "unknown-fragment" | "overlapping-fragment";

/** The tuples of datagrams whose first fragment has been seen: bounded, the oldest gives way. */
export class FragmentTable {
  readonly #capacity: number;
  readonly #timeout: number;
  readonly #datagrams = new Map<string, Datagram>();
  /** All that is in the map, written round and round. */
  readonly #ring: Datagram[] = [];
  #next = 0;

  constructor(capacity: number, timeout: number) {
    this.#capacity = capacity;
    this.#timeout = timeout;
  }

  /** The tuple of the datagram that the fragment is of. That of a first fragment is kept for later ones. */
  resolve(tuple: Tuple, fragment: Fragment, now: number): Tuple | FragmentProblem {
    const key = datagramKey(tuple, fragment);
    const datagram = this.#living(key, now);
    if (datagram === undefined) {
      this.#datagrams.delete(key);
      if (fragment.offset > 0) return "unknown-fragment";
      this.#keep(key, tuple, fragment, now);
      return tuple;
    }
    if (overlaps(datagram, tuple, fragment)) datagram.overlapped = true;
    return datagram.overlapped ? "overlapping-fragment" : datagram.tuple;
  }

  /** The same for a fragment that somebody else quotes, who can spoil nothing by it. */
  quoted(tuple: Tuple, fragment: Fragment, now: number): Tuple | FragmentProblem {
    return this.#living(datagramKey(tuple, fragment), now)?.tuple ?? "unknown-fragment";
  }

  #living(key: string, now: number): Datagram | undefined {
    const found = this.#datagrams.get(key);
    return found !== undefined && found.expires > now ? found : undefined;
  }

  #keep(key: string, tuple: Tuple, { length }: Fragment, now: number): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined && this.#datagrams.get(oldest.key) === oldest) {
      this.#datagrams.delete(oldest.key);
    }
    const expires = now + this.#timeout;
    const datagram = { key, tuple, length, expires, overlapped: false };
    this.#datagrams.set(key, datagram);
    this.#ring[this.#next] = datagram;
    this.#next = (this.#next + 1) % this.#capacity;
  }
}

/** The same fragment twice is no overlap. */
function overlaps(datagram: Datagram, tuple: Tuple, { offset, length }: Fragment): boolean {
  if (offset > 0) return offset < datagram.length;
  return length !== datagram.length || formatTuple(tuple) !== formatTuple(datagram.tuple);
}

/** Addresses, protocol and identification (RFC 791 section 3.2, RFC 8200 section 4.5). */
function datagramKey(tuple: Tuple, { identification }: Fragment): string {
  const { protocol, source, destination } = tuple;
  return `${String(identification)} ${String(protocol)} ${source} ${destination}`;
}
