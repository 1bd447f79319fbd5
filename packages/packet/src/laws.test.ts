import { ipv4FromNumber, ipv6FromBigInt, macFromBytes } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AnyLayer,
  arp,
  authenticationHeader,
  buildPacket,
  describePacket,
  esp,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  ipv6Routing,
  matchPacket,
  type PacketDraft,
  parsePacket,
  type ParseOptions,
  sctp,
  standardCodecs,
  tcp,
  tcpFlags,
  udp,
  verifyChecksums,
  vlan,
} from "./index.ts";

const bits = (width: number) => fc.nat(2 ** width - 1);
const data = (maxLength: number) => fc.uint8Array({ maxLength });
const dataOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const macs = dataOf(6).map((bytes) => macFromBytes(bytes));
const ipv4s = fc.integer({ min: 0, max: 0xffff_ffff }).map(ipv4FromNumber);
const ipv6s = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromBigInt);
/** Any fields may be missing, as in a draft. */
const some = <T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record(fields, { requiredKeys: [] });

const ethernets = some({ destination: macs, source: macs }).map(ethernet);
const vlans = some({ priority: bits(3), dropEligible: fc.boolean(), vlanId: bits(12) }).map(vlan);
const arps = some({
  hardwareType: bits(16),
  operation: fc.constantFrom("request" as const, "reply" as const, 9),
  senderMac: macs,
  senderIp: ipv4s,
  targetMac: macs,
  targetIp: ipv4s,
}).map(arp);

const ipv4Headers = some({
  dscp: bits(6),
  ecn: bits(2),
  identification: bits(16),
  reservedFlag: fc.boolean(),
  dontFragment: fc.boolean(),
  ttl: bits(8),
  source: ipv4s,
  destination: ipv4s,
  options: fc.array(
    fc.oneof(
      fc.constant({ type: "nop" as const }),
      fc.record({
        type: fc.constantFrom("router-alert" as const, "record-route" as const, 200),
        data: data(6),
      }),
    ),
    { maxLength: 4 },
  ),
}).map(ipv4);

const ipv6Headers = some({
  dscp: bits(6),
  ecn: bits(2),
  flowLabel: bits(20),
  hopLimit: bits(8),
  source: ipv6s,
  destination: ipv6s,
}).map(ipv6);

const ipv6Options = some({
  options: fc.array(
    fc.record({
      type: fc.constantFrom("router-alert" as const, "home-address" as const, 77),
      data: data(20),
    }),
    { maxLength: 3 },
  ),
});

const extensions: fc.Arbitrary<AnyLayer> = fc.oneof(
  ipv6Options.map(ipv6HopByHop),
  ipv6Options.map(ipv6DestinationOptions),
  some({ identification: bits(32), reserved: bits(8), reservedBits: bits(2) }).map(ipv6Fragment),
  fc
    .record({
      routingType: fc.constantFrom("source-route" as const, "segment-routing" as const, 9),
      segmentsLeft: bits(8),
      data: fc.constantFrom(4, 20, 36).chain(dataOf),
    })
    .map(ipv6Routing),
  some({ spi: bits(32), sequenceNumber: bits(32), integrityCheck: dataOf(12) }).map(
    authenticationHeader,
  ),
);

const tcpOptions = fc.oneof(
  fc.constantFrom({ type: "nop" as const }, { type: "sack-permitted" as const }),
  fc.record({ type: fc.constant("maximum-segment-size" as const), size: bits(16) }),
  fc.record({ type: fc.constant("window-scale" as const), shift: bits(8) }),
  fc.record({ type: fc.constant("timestamps" as const), value: bits(32), echoReply: bits(32) }),
  fc.record({
    type: fc.constant("sack" as const),
    blocks: fc.array(fc.record({ left: bits(32), right: bits(32) }), { maxLength: 1 }),
  }),
  fc.record({ type: fc.constantFrom(28, 253), data: data(6) }),
);

const tcps = some({
  sourcePort: bits(16),
  destinationPort: bits(16),
  sequenceNumber: bits(32),
  acknowledgmentNumber: bits(32),
  reserved: bits(3),
  flags: fc.subarray([...tcpFlags]),
  window: bits(16),
  urgentPointer: bits(16),
  options: fc.array(tcpOptions, { maxLength: 4 }),
}).map(tcp);

const udps = some({ sourcePort: bits(16), destinationPort: bits(16) }).map(udp);
const chunks = fc.oneof(
  fc.record({
    type: fc.constant("data" as const),
    flags: bits(8),
    tsn: bits(32),
    streamId: bits(16),
    userData: data(9),
  }),
  fc.record({
    type: fc.constantFrom("init" as const, "init-ack" as const),
    initiateTag: bits(32),
    receiverWindow: bits(32),
    parameters: data(9),
  }),
  fc.record({
    type: fc.constantFrom("abort" as const, "sack" as const, 99),
    flags: bits(8),
    value: data(9),
  }),
);
const sctps = some({
  sourcePort: bits(16),
  verificationTag: bits(32),
  chunks: fc.array(chunks, { maxLength: 3 }),
}).map(sctp);

/** Layers and the payload they are tested with: some would take bytes that follow for a part of their own. */
type Content = readonly [layers: readonly AnyLayer[], payload: Uint8Array];
const open = (layers: fc.Arbitrary<AnyLayer>): fc.Arbitrary<Content> =>
  fc.tuple(
    layers.map((layer) => [layer]),
    data(64),
  );
const closed = (layers: fc.Arbitrary<AnyLayer>): fc.Arbitrary<Content> =>
  layers.map((layer) => [[layer], new Uint8Array()]);
const within = (
  headers: fc.Arbitrary<readonly AnyLayer[]>,
  contents: fc.Arbitrary<Content>,
): fc.Arbitrary<Content> =>
  fc.tuple(headers, contents).map(([outer, [inner, payload]]) => [[...outer, ...inner], payload]);

const transports: fc.Arbitrary<Content> = fc.oneof(
  fc.tuple(fc.constant([]), data(64)),
  open(tcps),
  open(udps),
  open(some({ spi: bits(32), sequenceNumber: bits(32) }).map(esp)),
  closed(sctps),
);
const ipv4Chain = ipv4Headers.map((header) => [header]);
const ipv6Chain = fc
  .tuple(ipv6Headers, fc.array(extensions, { maxLength: 3 }))
  .map((headers) => headers.flat());
const quotable = fc.oneof(within(ipv4Chain, transports), within(ipv6Chain, transports));
const quoted = quotable.map(([layers, payload]): PacketDraft => ({ layers, payload }));

const echoes = some({ code: bits(8), identifier: bits(16), sequenceNumber: bits(16) });
const ipv4Echoes = fc.oneof(
  echoes.map((fields) => icmp({ type: "echo-request", ...fields })),
  bits(8).map((code) => icmp({ type: 77, code })),
);
const ipv4Errors = fc.oneof(
  some({ nextHopMtu: bits(16), unused: bits(8), quoted }).map((fields) =>
    icmp({ type: "destination-unreachable", code: "fragmentation-needed", ...fields }),
  ),
  some({ quoted }).map((fields) => icmp({ type: "time-exceeded", ...fields })),
  some({ pointer: bits(8), quoted }).map((fields) =>
    icmp({ type: "parameter-problem", ...fields }),
  ),
  some({ gateway: ipv4s, quoted }).map((fields) =>
    icmp({ type: "redirect", code: "host", ...fields }),
  ),
);

const ndpOptions = fc.oneof(
  macs.map((address) => ({ type: "source-link-layer-address" as const, address })),
  macs.map((address) => ({ type: "target-link-layer-address" as const, address })),
  fc.record({
    type: fc.constant("prefix-information" as const),
    prefixLength: bits(7),
    onLink: fc.boolean(),
    prefix: ipv6s,
    reserved: bits(6),
  }),
  bits(32).map((mtu) => ({ type: "mtu" as const, mtu })),
  fc.record({
    type: fc.constant("recursive-dns-servers" as const),
    lifetime: bits(32),
    servers: fc.array(ipv6s, { maxLength: 2 }),
  }),
  quoted.map((packetQuoted) => ({ type: "redirected-header" as const, quoted: packetQuoted })),
  fc
    .constantFrom(6, 14)
    .chain((length) => dataOf(length).map((nonce) => ({ type: "nonce" as const, nonce }))),
  bits(32).map((interval) => ({ type: "advertisement-interval" as const, interval })),
  fc.record({
    type: fc.constant("home-agent-information" as const),
    reserved: bits(16),
    preference: bits(16),
    lifetime: bits(16),
  }),
  fc.record({
    type: fc.constant("route-information" as const),
    prefixLength: bits(7),
    preference: fc.constantFrom("low" as const, "high" as const, 2),
    reserved: bits(3),
    lifetime: bits(32),
  }),
  ipv6s.map((prefix) => ({
    type: "route-information" as const,
    prefixLength: 128,
    prefixSize: 16,
    prefix,
  })),
  fc.record({
    type: fc.constant("dns-search-list" as const),
    lifetime: bits(32),
    domains: fc.array(fc.domain(), { maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant("pref64" as const),
    lifetime: bits(13).map((count) => count * 8),
    prefixLength: fc.constantFrom(96, 64, 56, 48, 40, 32),
    prefix: fc.bigInt({ min: 0n, max: (1n << 96n) - 1n }).map((n) => ipv6FromBigInt(n << 32n)),
  }),
  fc
    .constantFrom(6, 14)
    .chain((length) => dataOf(length).map((value) => ({ type: 200, data: value }))),
);
const options = fc.array(ndpOptions, { maxLength: 3 });

const mldQueries = some({
  reserved: bits(4),
  suppress: fc.boolean(),
  robustness: bits(3),
  queryIntervalCode: bits(8),
  sources: fc.array(ipv6s, { maxLength: 2 }),
});
const mldRecords = fc.record({
  type: fc.constantFrom("mode-is-exclude" as const, "change-to-include" as const, 9),
  group: ipv6s,
  sources: fc.array(ipv6s, { maxLength: 2 }),
  auxiliaryData: fc.constantFrom(0, 4).chain(dataOf),
});

const ipv6Echoes = fc.oneof(
  echoes.map((fields) => icmpv6({ type: "echo-reply", ...fields })),
  bits(8).map((code) => icmpv6({ type: 200, code })),
  some({ maximumResponseDelay: bits(16), group: ipv6s }).map((fields) =>
    icmpv6({ type: "multicast-listener-report", ...fields }),
  ),
  fc
    .record({ group: ipv6s, version2: mldQueries })
    .map((fields) => icmpv6({ type: "multicast-listener-query", ...fields })),
  some({ reserved: bits(16), records: fc.array(mldRecords, { maxLength: 3 }) }).map((fields) =>
    icmpv6({ type: "multicast-listener-report-v2", ...fields }),
  ),
);
const ipv6Messages = fc.oneof(
  some({ maximumResponseCode: bits(16), group: ipv6s }).map((fields) =>
    icmpv6({ type: "multicast-listener-query", ...fields }),
  ),
  some({ mtu: bits(32), quoted }).map((fields) => icmpv6({ type: "packet-too-big", ...fields })),
  some({ unused: bits(24), quoted }).map((fields) =>
    icmpv6({ type: "destination-unreachable", code: "port-unreachable", ...fields }),
  ),
  some({ pointer: bits(32), quoted }).map((fields) =>
    icmpv6({ type: "parameter-problem", ...fields }),
  ),
  some({ reserved: bits(32), options }).map((fields) =>
    icmpv6({ type: "router-solicitation", ...fields }),
  ),
  some({
    hopLimit: bits(8),
    managed: fc.boolean(),
    preference: fc.constantFrom("low" as const, "high" as const, 2),
    proxy: fc.boolean(),
    routerLifetime: bits(16),
    options,
  }).map((fields) => icmpv6({ type: "router-advertisement", ...fields })),
  some({ target: ipv6s, options }).map((fields) =>
    icmpv6({ type: "neighbor-solicitation", ...fields }),
  ),
  some({ solicited: fc.boolean(), reserved: bits(29), target: ipv6s, options }).map((fields) =>
    icmpv6({ type: "neighbor-advertisement", ...fields }),
  ),
  some({ target: ipv6s, destination: ipv6s, options }).map((fields) =>
    icmpv6({ type: "redirect", ...fields }),
  ),
);

const packets: fc.Arbitrary<Content> = fc.oneof(
  quotable,
  within(ipv4Chain, fc.oneof(open(ipv4Echoes), closed(ipv4Errors))),
  within(ipv6Chain, fc.oneof(open(ipv6Echoes), closed(ipv6Messages))),
  within(ipv4Chain, quotable),
  within(ipv6Chain, quotable),
);
const frames: fc.Arbitrary<Content> = within(
  fc.tuple(ethernets, fc.array(vlans, { maxLength: 2 })).map((headers) => headers.flat()),
  fc.oneof({ weight: 9, arbitrary: packets }, closed(arps)),
);

interface Sample {
  readonly draft: PacketDraft;
  readonly options: ParseOptions;
}

const samples: fc.Arbitrary<Sample> = fc.oneof(
  packets.map(([layers, payload]) => ({
    draft: { layers, payload },
    options: { linkType: "ip" as const },
  })),
  fc.tuple(frames, data(8)).map(([[layers, payload], trailer]) => ({
    draft: { layers, payload, trailer },
    options: { linkType: "ethernet" as const },
  })),
);

/** A valid packet with some bytes changed, cut or added, and perhaps called a capture of something longer. */
const mutations = fc
  .record({
    sample: samples,
    changes: fc.array(fc.tuple(fc.nat(200), bits(8)), { maxLength: 4 }),
    cut: fc.option(fc.nat(120)),
    extra: data(4),
    missing: fc.constantFrom(0, 0, 1, 1000),
  })
  .map(({ sample: { draft, options: how }, changes, cut, extra, missing }) => {
    const built = buildPacket(draft).slice(0, cut ?? undefined);
    const bytes = Uint8Array.from([...built, ...extra]);
    for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
    return { bytes, how: { ...how, originalLength: bytes.length + missing } };
  });

const noise = fc.record({
  bytes: data(200),
  how: fc.constantFrom<ParseOptions>(
    { linkType: "ethernet" },
    { linkType: "ip" },
    { linkType: "ip", originalLength: 300 },
  ),
});

it("the packets of these laws have every kind of layer", () => {
  const layers = fc
    .sample(samples, { numRuns: 1000, seed: 1 })
    .flatMap(({ draft }) => draft.layers);
  const kinds = new Set(layers.map(({ kind }) => kind));
  // Ports remain of a header that was cut short, and are in no whole packet.
  const all = standardCodecs.map(({ kind }) => kind).filter((kind) => kind !== "ports");
  expect([...kinds].toSorted()).toEqual(all.toSorted());
});

describe("building and parsing are inverse", () => {
  it("gives back any bytes", () => {
    fc.assert(
      fc.property(fc.oneof(mutations, noise), ({ bytes, how }) => {
        expect(buildPacket(parsePacket(bytes, how))).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives back the fields of any valid packet, with right checksums", () => {
    fc.assert(
      fc.property(samples, ({ draft, options: how }) => {
        const parsed = parsePacket(buildPacket(draft), how);
        expect(matchPacket(parsed, draft)).toEqual([]);
        expect(parsed.missing).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("parses what it built from a parsed packet to the same packet", () => {
    fc.assert(
      fc.property(mutations, ({ bytes, how }) => {
        const parsed = parsePacket(bytes, how);
        expect(parsePacket(buildPacket(parsed), how)).toEqual(parsed);
      }),
    );
  });
});

describe("the beginning of a valid packet", () => {
  it("is no problem to a capture, and has no wrong checksum", () => {
    fc.assert(
      fc.property(samples, fc.nat(), ({ draft, options: how }, at) => {
        const whole = buildPacket(draft);
        const bytes = whole.subarray(0, 1 + (at % whole.length));
        const parsed = parsePacket(bytes, { ...how, originalLength: whole.length });
        expect(parsed.problem).toBeUndefined();
        expect(verifyChecksums(parsed).filter(({ verdict }) => verdict === "wrong")).toEqual([]);
        expect(parsed.missing).toBeLessThanOrEqual(whole.length - bytes.length);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("hostile bytes", () => {
  it("are described in one line and verified without an exception", () => {
    fc.assert(
      fc.property(fc.oneof(mutations, noise), ({ bytes, how }) => {
        const parsed = parsePacket(bytes, how);
        expect(describePacket(parsed)).toMatch(/^.+$/);
        const reports = verifyChecksums(parsed).map(({ index }) => parsed.layers[index]);
        expect(reports).toEqual(parsed.layers.filter((layer) => "checksum" in layer));
      }),
      { numRuns: 1000 },
    );
  });
});
