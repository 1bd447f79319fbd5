import type { Sctp, SctpChunk, TcpFlag } from "@heddle/packet";

/**
 * What a packet does to its connection, whatever the protocol calls it:
 * - `open` asks for a connection: SYN, INIT, an echo request;
 * - `accept` agrees to one, and cannot begin one: SYN+ACK, INIT-ACK, COOKIE-ECHO, an echo reply;
 * - `data` belongs to a connection that stands: any other packet;
 * - `finish` ends one direction: FIN, SHUTDOWN, SHUTDOWN-ACK;
 * - `abort` ends both: RST, ABORT, SHUTDOWN-COMPLETE;
 * - `none` does nothing but count: later fragments, ICMP errors.
 */
export type Signal = "open" | "accept" | "data" | "finish" | "abort" | "none";

/**
 * The signal of a TCP segment, undefined for flags that no TCP sends: exactly one of SYN, FIN, RST and ACK alone,
 * and ACK in all but the first segment and a reset (RFC 9293 section 3.10.7). PSH, URG and those of
 * congestion control are not looked at.
 */
export function tcpSignal(flags: readonly TcpFlag[]): Signal | undefined {
  const ack = flags.includes("ack");
  const [syn, fin, rst] = [flags.includes("syn"), flags.includes("fin"), flags.includes("rst")];
  if (Number(syn) + Number(fin) + Number(rst) > 1) return undefined;
  if (rst) return "abort";
  if (syn) return ack ? "accept" : "open";
  if (!ack) return undefined;
  return fin ? "finish" : "data";
}

/**
 * The signal of an SCTP packet: that of the chunk which does most to the association. Undefined for what no SCTP
 * sends: no chunk at all, a DATA, INIT or INIT-ACK that is shorter than its fields, INIT, INIT-ACK or SHUTDOWN-COMPLETE beside another chunk (RFC 9260 section 6.10), and
 * a verification tag that is 0 without INIT or not 0 with it (section 8.5.1).
 */
export function sctpSignal(packet: Pick<Sctp, "chunks" | "verificationTag">): Signal | undefined {
  const { chunks, verificationTag } = packet;
  const types = chunks.map(({ type }) => type);
  if (types.length === 0 || (types.length > 1 && types.some((type) => standsAlone.has(type)))) {
    return undefined;
  }
  if (types.some((type) => tooShort.has(type))) return undefined;
  if (types.includes("init") !== (verificationTag === 0)) return undefined;
  const signals = new Set(types.map((type) => chunkSignals.get(type) ?? "data"));
  return precedence.find((signal) => signals.has(signal));
}

/** DATA, INIT and INIT-ACK are bare numbers when their fields are not all there. */
const tooShort: ReadonlySet<SctpChunk["type"]> = new Set([0, 1, 2]);

const standsAlone: ReadonlySet<SctpChunk["type"]> = new Set([
  "init",
  "init-ack",
  "shutdown-complete",
]);

const chunkSignals: ReadonlyMap<SctpChunk["type"], Signal> = new Map([
  ["init", "open"],
  ["init-ack", "accept"],
  // The one that is asked has checked nothing yet (RFC 9260 section 5.1.5).
  ["cookie-echo", "accept"],
  ["shutdown", "finish"],
  ["shutdown-ack", "finish"],
  ["shutdown-complete", "abort"],
  ["abort", "abort"],
] as const);

const precedence: readonly Signal[] = ["abort", "finish", "open", "accept", "data"];
