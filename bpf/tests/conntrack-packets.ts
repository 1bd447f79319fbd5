import type { Tuple } from "@heddle/conntrack";
import { type IpAddress, isIpv4Address, parseIp } from "@heddle/contracts";
import {
  type AnyLayer,
  buildPacket,
  type Draft,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  packet,
  sctp,
  type SctpChunk,
  tcp,
  type TcpFlag,
  udp,
} from "@heddle/packet";
import * as fc from "fast-check";

const addresses: Readonly<Record<4 | 6, readonly IpAddress[]>> = {
  4: ["10.0.1.5", "10.0.2.7", "192.0.2.9"].map(parseIp),
  6: ["fd00::5", "fd00:1::7", "2001:db8::9"].map(parseIp),
};

/** Who sends to whom. */
interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ports: { readonly sourcePort: number; readonly destinationPort: number };
}

/** Mostly one of few connections, in either direction, so that packets meet. */
const endsOf = (families: readonly (4 | 6)[]) =>
  fc
    .record({
      family: fc.constantFrom(...families),
      pair: fc.constantFrom([0, 1], [0, 1], [0, 1], [0, 1], [1, 2], [0, 0]),
      clientPort: fc.constantFrom(1000, 1000, 1001),
      forward: fc.boolean(),
    })
    .map(({ family, pair: [from = 0, to = 0], clientPort, forward }): Ends => {
      const [client = parseIp("::"), server = parseIp("::")] = [
        addresses[family][from],
        addresses[family][to],
      ];
      return forward
        ? {
            source: client,
            destination: server,
            ports: { sourcePort: clientPort, destinationPort: 80 },
          }
        : {
            source: server,
            destination: client,
            ports: { sourcePort: 80, destinationPort: clientPort },
          };
    });

/** The IP header of a family, with what else it says. */
function ip(
  { source, destination }: Pick<Ends, "source" | "destination">,
  extensions = 0,
): readonly AnyLayer[] {
  if (isIpv4Address(source) && isIpv4Address(destination)) return [ipv4({ source, destination })];
  if (isIpv4Address(source) || isIpv4Address(destination)) throw new Error("two families");
  const chain = Array.from({ length: extensions }, (_, index) =>
    index === 0 ? ipv6HopByHop() : ipv6DestinationOptions(),
  );
  return [ipv6({ source, destination }), ...chain];
}

const allFlags: readonly TcpFlag[] = ["fin", "syn", "rst", "psh", "ack", "urg"];
const usualFlags: readonly (readonly TcpFlag[])[] = [
  ["syn"],
  ["syn"],
  ["syn", "ack"],
  ["ack"],
  ["ack"],
  ["fin", "ack"],
  ["fin", "ack"],
  ["rst"],
  ["rst", "ack"],
];
const flags = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...usualFlags) },
  { weight: 1, arbitrary: fc.subarray([...allFlags]) },
);
const chunkTypes: readonly SctpChunk["type"][] = [
  "init",
  "init",
  "init-ack",
  "cookie-echo",
  "cookie-ack",
  "data",
  "data",
  "sack",
  "abort",
  "shutdown",
  "shutdown-ack",
  "shutdown-complete",
];
/** A chunk of the type without anything particular. */
function chunkOf(type: SctpChunk["type"]): Draft<SctpChunk> {
  // Each line has a type of its own.
  if (type === "data") return { type };
  if (type === "init" || type === "init-ack") return { type };
  return { type };
}

const chunks = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...chunkTypes).map((type) => [type]) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...chunkTypes), { maxLength: 3 }) },
);

/** What follows the IP header. */
type Transport = (between: Ends) => readonly AnyLayer[];

const transports: Readonly<Record<string, fc.Arbitrary<Transport>>> = {
  tcp: flags.map((chosen): Transport => ({ ports }) => [tcp({ ...ports, flags: chosen })]),
  udp: fc.constantFrom({}, {}, { checksum: 0 }).map((fields): Transport => ({ ports }) => [
    udp({ ...ports, ...fields }),
  ]),
  sctp: fc
    .record({ types: chunks, wrongTag: fc.nat(15).map((n) => n === 0) })
    .map(({ types, wrongTag }): Transport => ({ ports }) => {
      const verificationTag = types.includes("init") === wrongTag ? 7 : 0;
      return [sctp({ ...ports, verificationTag, chunks: types.map(chunkOf) })];
    }),
  icmp: fc
    .record({
      type: fc.constantFrom("echo-request" as const, "echo-reply" as const),
      identifier: fc.constantFrom(1000, 1000, 1001),
    })
    .map((fields): Transport => ({ source }) => [
      isIpv4Address(source) ? icmp(fields) : icmpv6(fields),
    ]),
  none: fc.constant<Transport>(() => []),
};

/** A packet of one IP header and a transport header, in front of its payload. */
interface Simple {
  readonly ends: Ends;
  readonly transport: Transport;
  readonly extensions: number;
}

const simpleOf = (
  families: readonly (4 | 6)[],
  transport: fc.Arbitrary<Transport>,
): fc.Arbitrary<Simple> =>
  fc.record({
    ends: endsOf(families),
    transport,
    extensions: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 10 }) },
    ),
  });

function draft({ ends: between, transport, extensions }: Simple): readonly AnyLayer[] {
  return [...ip(between, extensions), ...transport(between)];
}

/** Bytes of the IP packet. */
function bytesOf(layers: readonly AnyLayer[], payload: string): Uint8Array {
  return buildPacket(packet(...layers, payload));
}

function frame(ipPacket: Uint8Array): Uint8Array {
  const etherType = (ipPacket[0] ?? 0) >> 4 === 6 ? "ipv6" : "ipv4";
  return buildPacket(packet(ethernet({ etherType }), ipPacket));
}

const plainOf = (simple: fc.Arbitrary<Simple>) =>
  simple.map((one) => frame(bytesOf(draft(one), "hello")));

/** Of a datagram that is in the way of others by its identification. */
const fragmentsOf = (simple: fc.Arbitrary<Simple>) =>
  fc
    .record({
      one: simple,
      identification: fc.constantFrom(1, 2),
      offset: fc.constantFrom(0, 0, 0, 16, 24, 24, 32),
      more: fc.boolean(),
      length: fc.constantFrom(24, 24, 32, 8),
    })
    .map(({ one, identification, offset: fragmentOffset, more, length }) => {
      const whole = bytesOf(draft({ ...one, extensions: 0 }), "x".repeat(48));
      const isIpv6 = (whole[0] ?? 0) >> 4 === 6;
      const header = isIpv6 ? 40 : 20;
      const part = whole.subarray(header + fragmentOffset, header + fragmentOffset + length);
      const protocol = whole[isIpv6 ? 6 : 9] ?? 0;
      const common = { fragmentOffset, moreFragments: more, identification };
      const { source, destination } = one.ends;
      if (isIpv4Address(source) && isIpv4Address(destination)) {
        return frame(buildPacket(packet(ipv4({ source, destination, protocol, ...common }), part)));
      }
      if (isIpv4Address(source) || isIpv4Address(destination)) throw new Error("two families");
      const chain = [
        ipv6({ source, destination, nextHeader: "ipv6-fragment" }),
        ipv6Fragment({ nextHeader: protocol, ...common }),
      ];
      return frame(buildPacket(packet(...chain, part)));
    });

/** Flags of a packet of a connection that is there. */
export const flagsOfAnswers: fc.Arbitrary<readonly TcpFlag[]> = fc.constantFrom(...usualFlags);

/** A packet of the tuple. */
export function frameOf(tuple: Tuple, flagsOfTcp: readonly TcpFlag[]): Uint8Array {
  const { protocol, source, destination, sourcePort, destinationPort } = tuple;
  const ports = { sourcePort, destinationPort };
  const identifier = sourcePort === 0 ? destinationPort : sourcePort;
  const type = sourcePort === 0 ? ("echo-reply" as const) : ("echo-request" as const);
  const layers: Readonly<Record<string, readonly AnyLayer[]>> = {
    tcp: [tcp({ ...ports, flags: flagsOfTcp })],
    udp: [udp(ports)],
    sctp: [sctp({ ...ports, verificationTag: 7, chunks: [chunkOf("data")] })],
    icmp: [icmp({ type, identifier })],
    icmpv6: [icmpv6({ type, identifier })],
  };
  return frame(bytesOf([...ip({ source, destination }), ...(layers[protocol] ?? [])], "hello"));
}

/** An ICMP error about a packet, mostly to its sender. */
const errorsOf = (simple: fc.Arbitrary<Simple>) =>
  fc
    .record({
      one: fc.oneof(
        { weight: 4, arbitrary: plainOf(simple) },
        { weight: 1, arbitrary: fragmentsOf(simple) },
      ),
      stranger: fc.nat(5).map((n) => n === 0),
      kept: fc.constantFrom(28, 36, 48, 60, 68, 200),
      kind: fc.constantFrom("destination-unreachable" as const, "time-exceeded" as const),
    })
    .map(({ one, ...fields }) => errorAbout(one, fields));

/** An ICMP error about a frame's packet that a router sends to its sender, or to a stranger. */
export function errorAbout(
  one: Uint8Array,
  {
    kept = 200,
    kind = "time-exceeded",
    stranger = false,
  }: {
    readonly kept?: number;
    readonly kind?: "destination-unreachable" | "time-exceeded";
    readonly stranger?: boolean;
  } = {},
): Uint8Array {
  const inner = one.subarray(14);
  const isIpv6 = (inner[0] ?? 0) >> 4 === 6;
  const [router, other] = addresses[isIpv6 ? 6 : 4].slice(1);
  const source = isIpv6
    ? parseIpOf(inner.subarray(8, 24), 6)
    : parseIpOf(inner.subarray(12, 16), 4);
  const quoted = { layers: [], payload: inner.subarray(0, kept) };
  const destination = stranger && other !== undefined ? other : source;
  const header = ip({ source: router ?? source, destination });
  const message = isIpv6 ? icmpv6({ type: kind, quoted }) : icmp({ type: kind, quoted });
  return frame(buildPacket(packet(...header, message)));
}

function parseIpOf(bytes: Uint8Array, family: 4 | 6): IpAddress {
  if (family === 4) return parseIp(Array.from(bytes).join("."));
  const words = Array.from({ length: 8 }, (_, n) =>
    (((bytes[n * 2] ?? 0) << 8) | (bytes[n * 2 + 1] ?? 0)).toString(16),
  );
  return parseIp(words.join(":"));
}

/** One in which something is broken behind the Ethernet header. */
const brokenOf = (whole: fc.Arbitrary<Uint8Array>) =>
  fc
    .record({
      whole,
      at: fc.nat(100),
      byte: fc.nat(255),
      cut: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(80) }),
    })
    .map(({ whole: one, at, byte, cut }) => {
      const bytes = Uint8Array.from(one);
      bytes[14 + (at % (bytes.length - 14))] = byte;
      // The kernel runs no test on less than an IP header.
      const least = bytes[12] === 0x86 ? 14 + 40 : 14 + 20;
      return bytes.subarray(0, Math.max(least, bytes.length - cut));
    });

function framesOf(simple: fc.Arbitrary<Simple>): fc.Arbitrary<Uint8Array> {
  const [plain, fragments, errors] = [plainOf(simple), fragmentsOf(simple), errorsOf(simple)];
  return fc.oneof(
    { weight: 15, arbitrary: plain },
    { weight: 4, arbitrary: fragments },
    { weight: 3, arbitrary: errors },
    { weight: 3, arbitrary: brokenOf(fc.oneof(plain, fragments, errors)) },
  );
}

const families = [4, 6] as const;
const all = framesOf(simpleOf(families, fc.oneof(...Object.values(transports))));

/** What packets of a run are mostly of, so that they meet: a family and a transport. */
export const subjects: readonly (readonly [4 | 6, string])[] = families.flatMap((family) =>
  Object.keys(transports).map((name) => [family, name] as const),
);

/** Packets that are mostly of the subject. */
export function framesAbout([family, name]: readonly [4 | 6, string]): fc.Arbitrary<Uint8Array> {
  const about = framesOf(simpleOf([family], transports[name] ?? fc.constant(() => [])));
  return fc.oneof({ weight: 6, arbitrary: about }, { weight: 1, arbitrary: all });
}
