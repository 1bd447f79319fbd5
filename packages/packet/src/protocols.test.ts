import { parseIpv4 } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import {
  buildPacket,
  createProtocols,
  describePacket,
  type Draft,
  ethernet,
  ipv4,
  type Layer,
  type LayerCodec,
  matchPacket,
  packet,
  parsePacket,
  standardCodecs,
  standardProtocols,
  tcp,
  udp,
  verifyChecksums,
} from "./index.ts";

/** A tunnel header of one byte, an identifier, on UDP port 7777 and around Ethernet. */
interface Tunnel {
  readonly kind: "tunnel";
  readonly id: number;
}

const tunnelCodec: LayerCodec<Tunnel> = {
  kind: "tunnel",
  follows: [{ space: "udp-port", value: 7777 }],
  parse(bytes) {
    const [id] = bytes;
    if (id === undefined) return { outcome: "cut-short", needs: 1 };
    const next = { space: "ether-type", value: 0x6558 };
    return { outcome: "parsed", layer: { kind: "tunnel", id }, length: 1, next };
  },
  build: (layer) => Uint8Array.of(layer.id ?? 0),
  describe: ({ id }) => `tunnel ${String(id)}`,
};

const protocols = createProtocols<Layer | Tunnel>([...standardCodecs, tunnelCodec]);
const pair = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const inner = [ethernet(), ipv4(pair), tcp({ flags: ["syn"] })] as const;
const tunnel: Draft<Tunnel> = { kind: "tunnel", id: 9 };
const tunnelled = packet(ipv4(), udp(), tunnel, ...inner);

describe("further protocols", () => {
  const parsed = parsePacket(buildPacket(tunnelled, protocols), { linkType: "ip", protocols });

  it("are built, parsed, compared and described", () => {
    expect(matchPacket(parsed, tunnelled, protocols)).toEqual([]);
    expect(parsed.layers[1]).toMatchObject({ destinationPort: 7777 });
    expect(parsed.layers[2]).toEqual({ kind: "tunnel", id: 9 });
    expect(describePacket(parsed, protocols)).toBe(
      "0.0.0.0:0 > 0.0.0.0:7777 UDP / tunnel 9 / 10.0.0.1:0 > 10.0.0.2:0 TCP SYN",
    );
  });

  it("may carry a padded frame, whose padding counts for the checksum around it", () => {
    const frame = buildPacket({ layers: inner, trailer: Uint8Array.of(1, 2, 3, 4) });
    const bytes = buildPacket(
      packet(ipv4(), udp({ destinationPort: 7777 }), tunnel, frame),
      protocols,
    );
    const padded = parsePacket(bytes, { linkType: "ip", protocols });
    expect(padded.trailer).toHaveLength(4);
    expect(matchPacket(padded, tunnelled, protocols)).toEqual([]);
    expect(buildPacket(padded, protocols)).toEqual(bytes);
  });

  it("may have been cut in the trailer of what they carry", () => {
    const frame = buildPacket({ layers: inner, trailer: new Uint8Array(4) });
    const bytes = buildPacket(
      packet(ipv4(), udp({ destinationPort: 7777 }), tunnel, frame),
      protocols,
    );
    const cut = parsePacket(bytes.subarray(0, -1), {
      linkType: "ip",
      originalLength: bytes.length,
      protocols,
    });
    expect(verifyChecksums(cut, protocols)).toMatchObject([
      { kind: "ipv4", verdict: "correct" },
      { kind: "udp", verdict: "incomplete" },
      { kind: "ipv4", verdict: "correct" },
      { kind: "tcp", verdict: "correct" },
    ]);
  });

  it("are unknown to the standard ones", () => {
    const plain = parsePacket(buildPacket(tunnelled, protocols), { linkType: "ip" });
    expect(plain.layers.map(({ kind }) => kind)).toEqual(["ipv4", "udp"]);
    expect(standardProtocols.byKind("tunnel")).toBeUndefined();
  });

  it("replace earlier ones of their kind", () => {
    const wider: LayerCodec<Tunnel> = {
      ...tunnelCodec,
      follows: [{ space: "udp-port", value: 1 }],
    };
    const both = createProtocols([tunnelCodec, wider]);
    expect(both.byKind("tunnel")).toBe(wider);
    expect(both.bySelector({ space: "udp-port", value: 7777 })).toBe(tunnelCodec);
  });
});
