import type { Entry } from "./connection.ts";
import type { Signal } from "./signal.ts";
import { isStream, type Timeouts } from "./timeouts.ts";
import type { Direction } from "./tuple.ts";

/** Whether a packet that belongs to no connection may begin one. `data` may, for connections older than the table. */
export function begins(signal: Signal): boolean {
  return signal === "open" || signal === "data";
}

/** Whether the packet begins a new connection where another one was: a SYN from a side that was done. */
export function reopens(entry: Entry, signal: Signal, direction: Direction): boolean {
  if (signal !== "open" || !isStream(entry.original.protocol)) return false;
  return entry.state === "closing" || entry.finished[direction];
}

/** Whether only the other side may send this: an echo request against an echo, or the reply with it. */
export function isBackwards(entry: Entry, signal: Signal, direction: Direction): boolean {
  if (isStream(entry.original.protocol)) return false;
  return direction === "reply" ? signal === "open" : signal === "accept";
}

/** Begins the life of a new entry by its first packet. */
export function begin(entry: Entry, signal: Signal, timeouts: Timeouts): void {
  if (isStream(entry.original.protocol) && signal === "data") entry.state = "established";
  entry.expires = entry.created + lifetime(entry, timeouts);
}

/** Takes an entry on by one packet. */
export function advance(
  entry: Entry,
  signal: Signal,
  direction: Direction,
  timeouts: Timeouts,
  now: number,
): void {
  if (signal === "none" || entry.state === "closing") return;
  if (isAnswer(entry, signal, direction)) entry.answered = true;
  if (signal === "finish") entry.finished[direction] = true;
  if (isStream(entry.original.protocol)) entry.state = streamState(entry, signal);
  else if (entry.answered) entry.state = "established";
  entry.expires = now + lifetime(entry, timeouts);
}

/** Of a service only one direction is seen; there, that a handshake goes on says that it was answered. */
function isAnswer(entry: Entry, signal: Signal, direction: Direction): boolean {
  if (direction === "reply") return true;
  if (entry.scope !== "service" || !isStream(entry.original.protocol)) return false;
  return entry.state === "opening" && signal === "data";
}

function streamState(entry: Entry, signal: Signal): Entry["state"] {
  const { original, reply } = entry.finished;
  const finished = entry.scope === "service" ? original : original && reply;
  if (signal === "abort" || finished) return "closing";
  if (signal === "data" || signal === "finish") return "established";
  return entry.state;
}

function lifetime(entry: Entry, timeouts: Timeouts): number {
  return isStream(entry.original.protocol) ? timeouts[entry.state] : timeouts.other;
}
