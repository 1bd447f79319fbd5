import {
  identity,
  ipv4FromNumber,
  ipv6FromBigInt,
  macFromBytes,
  maxIdentity,
} from "@heddle/contracts";
import {
  type AnyLayer,
  buildPacket,
  describePacket,
  type Draft,
  ethernet,
  ipv4,
  ipv6,
  matchPacket,
  type PacketDraft,
  parsePacket,
  type ProtocolParseOptions,
  tcp,
  udp,
  verifyChecksums,
} from "@heddle/packet";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decapsulate,
  encapsulate,
  fitToMtu,
  geneve,
  geneveCodec,
  type GeneveOption,
  genevePort,
  geneveProtocols,
  type TunnelLayer,
} from "./index.ts";

const bits = (width: number) => fc.nat(2 ** width - 1);
const data = (maxLength: number) => fc.uint8Array({ maxLength });
const macs = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => macFromBytes(bytes));
const ipv4s = fc.integer({ min: 0, max: 0xffff_ffff }).map(ipv4FromNumber);
const ipv6s = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(ipv6FromBigInt);
const some = <T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record(fields, { requiredKeys: [] });

const head = { reserved: bits(3) };
const rest = { ...head, unused: bits(16), port: bits(16) };
const options: fc.Arbitrary<Draft<GeneveOption>> = fc.oneof(
  fc.record(
    { type: fc.constant("cluster-id" as const), ...head, unused: bits(16), clusterId: bits(16) },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constant("dsr-ipv4" as const), ...rest, address: ipv4s },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constant("dsr-ipv6" as const), ...rest, address: ipv6s },
    { requiredKeys: ["type"] },
  ),
  fc.record({
    type: bits(8),
    // Another class than Heddle's, of which some types are not unknown.
    class: bits(15),
    data: fc.nat(6).map((words) => new Uint8Array(words * 4).fill(words)),
    ...head,
  }),
);

const headers = some({
  control: fc.boolean(),
  reserved: bits(6),
  vni: bits(24),
  reservedEnd: bits(8),
  options: fc.array(options, { maxLength: 5 }),
}).map(geneve);

const inners: fc.Arbitrary<readonly AnyLayer[]> = fc
  .tuple(
    fc.option(some({ source: macs, destination: macs }).map(ethernet)),
    fc.oneof(
      some({ source: ipv4s, destination: ipv4s, dscp: bits(6), ecn: bits(2) }).map(ipv4),
      some({ source: ipv6s, destination: ipv6s, dscp: bits(6), ecn: bits(2) }).map(ipv6),
    ),
    fc.option(
      fc.oneof(
        some({ sourcePort: bits(16), destinationPort: bits(8) }).map(udp),
        some({ sourcePort: bits(16), destinationPort: bits(8) }).map(tcp),
      ),
    ),
  )
  .map((layers) => layers.filter((layer) => layer !== null));

const underlays = fc.oneof(
  some({ source: ipv4s, destination: ipv4s, ecn: bits(2) }).map(ipv4),
  some({ source: ipv6s, destination: ipv6s, ecn: bits(2) }).map(ipv6),
);
const transports = fc.oneof(
  some({ sourcePort: bits(16) }).map(udp),
  fc.constant(udp({ checksum: 0 })),
);

const tunnelled: fc.Arbitrary<PacketDraft> = fc
  .tuple(underlays, transports, headers, inners, data(40))
  .map(([outer, transport, header, inner, payload]) => ({
    layers: [outer, transport, header, ...inner],
    payload,
  }));

const how: ProtocolParseOptions<TunnelLayer> = { linkType: "ip", protocols: geneveProtocols };

/** A tunnelled packet with some bytes of it changed, cut or added. */
const mutations = fc
  .record({
    draft: tunnelled,
    changes: fc.array(fc.tuple(fc.nat(120), bits(8)), { maxLength: 4 }),
    cut: fc.option(fc.nat(150)),
    extra: data(4),
    missing: fc.constantFrom(0, 0, 1, 1000),
  })
  .map(({ draft, changes, cut, extra, missing }) => {
    const built = buildPacket(draft, geneveProtocols).slice(0, cut ?? undefined);
    const bytes = Uint8Array.from([...built, ...extra]);
    for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
    return { bytes, originalLength: bytes.length + missing };
  });

/** Random bytes behind valid headers of the underlay. */
const noise = fc
  .record({ payload: data(300), missing: fc.constantFrom(0, 100) })
  .map(({ payload, missing }) => {
    const layers = [ipv4(), udp({ destinationPort: genevePort, checksum: 0 })];
    const bytes = buildPacket({ layers, payload });
    return { bytes, originalLength: bytes.length + missing };
  });
const hostile = fc.oneof(mutations, noise);

describe("building and parsing are inverse", () => {
  it("gives back any bytes", () => {
    fc.assert(
      fc.property(hostile, ({ bytes, originalLength }) => {
        const parsed = parsePacket(bytes, { ...how, originalLength });
        expect(buildPacket(parsed, geneveProtocols)).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives back the fields of any valid packet, with right checksums", () => {
    fc.assert(
      fc.property(tunnelled, (draft) => {
        const parsed = parsePacket(buildPacket(draft, geneveProtocols), how);
        expect(matchPacket(parsed, draft, geneveProtocols)).toEqual([]);
        expect(parsed.missing).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("finds no problem in the beginning of a valid packet", () => {
    fc.assert(
      fc.property(tunnelled, fc.nat(), (draft, at) => {
        const whole = buildPacket(draft, geneveProtocols);
        const bytes = whole.subarray(0, 1 + (at % whole.length));
        const parsed = parsePacket(bytes, { ...how, originalLength: whole.length });
        expect(parsed.problem).toBeUndefined();
        expect(parsed.missing).toBeLessThanOrEqual(whole.length - bytes.length);
      }),
    );
  });
});

describe("hostile bytes", () => {
  it("are described, verified and judged without an exception", () => {
    fc.assert(
      fc.property(hostile, ({ bytes, originalLength }) => {
        const parsed = parsePacket(bytes, { ...how, originalLength });
        expect(describePacket(parsed, geneveProtocols)).toMatch(/^.+$/);
        const checked = verifyChecksums(parsed, geneveProtocols);
        expect(checked.length).toBeLessThanOrEqual(parsed.layers.length);
        const result = decapsulate(parsed);
        if (result.outcome !== "deliver") return;
        expect(result.inner.length).toBeLessThanOrEqual(bytes.length);
        const { problem } = parsePacket(result.inner, { linkType: result.linkType });
        expect(problem).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it("as a header alone take no more than is there, nor more than 260", () => {
    const context = {
      enclosing: [],
      parseQuoted: () => {
        throw new Error("a tunnel header quotes nothing");
      },
    };
    fc.assert(
      fc.property(data(300), fc.boolean(), (bytes, truncated) => {
        const result = geneveCodec.parse(bytes, { ...context, truncated });
        if (result.outcome !== "parsed") return;
        const { layer, length, problem } = result;
        expect(length).toBeLessThanOrEqual(Math.min(bytes.length, 260));
        expect(layer.optionsLength % 4).toBe(0);
        const cut = length < 8 + layer.optionsLength;
        expect(layer.optionTail.length === 0 || cut || problem !== undefined).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

const ends = fc.oneof(
  fc.record({ source: ipv4s, destination: ipv4s }),
  fc.record({ source: ipv6s, destination: ipv6s }),
);

describe("a tunnel", () => {
  it("gives back what was put in, whatever the underlay's family and the options", () => {
    const sent = fc.record({
      inner: fc.tuple(inners, data(40), data(6)),
      tunnel: ends,
      number: fc.integer({ min: 1, max: maxIdentity }),
      clusterId: fc.option(fc.integer({ min: 1, max: 65_535 })),
      udpChecksum: fc.constantFrom("zero" as const, "computed" as const),
    });
    fc.assert(
      fc.property(sent, ({ inner, tunnel, number, clusterId, udpChecksum }) => {
        const [layers, payload, padding] = inner;
        const linkType = layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
        const trailer = linkType === "ethernet" ? padding : new Uint8Array();
        const bytes = buildPacket({ layers, payload, trailer });
        const tunnelOptions =
          clusterId === null ? [] : [{ type: "cluster-id" as const, clusterId }];
        const draft = encapsulate(
          parsePacket(bytes, { linkType }),
          { ...tunnel, identity: identity(number), options: tunnelOptions },
          { udpChecksum: { 4: udpChecksum, 6: udpChecksum } },
        );
        // What the underlay's frame has behind the packet does not get into the inner one.
        const wire = buildPacket({ ...draft, trailer: Uint8Array.of(1, 2) }, geneveProtocols);
        const result = decapsulate(parsePacket(wire, how), { zeroChecksumOverIpv6: true });
        expect(result).toMatchObject({
          outcome: "deliver",
          linkType,
          identity: number,
          ...(clusterId === null ? {} : { clusterId }),
        });
        expect(result.outcome === "deliver" && result.inner).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes what fits, and answers or fragments nothing that does", () => {
    fc.assert(
      fc.property(inners, data(200), fc.integer({ min: 1, max: 400 }), (layers, payload, mtu) => {
        const linkType = layers[0]?.kind === "ethernet" ? "ethernet" : "ip";
        const bytes = buildPacket({ layers, payload });
        const length = bytes.length - (linkType === "ethernet" ? 14 : 0);
        const { outcome } = fitToMtu(parsePacket(bytes, { linkType }), mtu);
        expect(outcome === "fits").toBe(length <= mtu);
      }),
    );
  });
});
