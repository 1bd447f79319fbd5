import {
  buildPacket,
  createProtocols,
  describePacket,
  ethernet,
  etherTypes,
  ipv4,
  type Layer,
  type LayerCodec,
  layout,
  packet,
  parsePacket,
  standardCodecs,
  udp,
  uint,
} from "@heddle/packet";

/** A VXLAN header (RFC 7348 section 5). */
interface Vxlan {
  readonly kind: "vxlan";
  readonly flags: number;
  readonly reserved: number;
  readonly vni: number;
  readonly reservedEnd: number;
}

const header = layout<Omit<Vxlan, "kind">>("vxlan", {
  flags: uint(8),
  reserved: uint(24),
  vni: uint(24),
  reservedEnd: uint(8),
});
const next = { space: "ether-type", value: etherTypes.numberOf("transparent-ethernet-bridging") };

const vxlanCodec: LayerCodec<Vxlan> = {
  kind: "vxlan",
  follows: [{ space: "udp-port", value: 4789 }],
  parse(bytes) {
    if (bytes.length < header.size) return { outcome: "cut-short", needs: header.size };
    const layer: Vxlan = { kind: "vxlan", ...header.read(bytes) };
    return { outcome: "parsed", layer, length: header.size, next };
  },
  build: (layer) => header.write({ flags: 8, reserved: 0, vni: 0, reservedEnd: 0, ...layer }),
  describe: ({ vni }) => `VXLAN ${String(vni)}`,
};

const protocols = createProtocols<Layer | Vxlan>([...standardCodecs, vxlanCodec]);
const vxlan = { kind: "vxlan", vni: 7 };
const bytes = buildPacket(packet(ipv4(), udp(), vxlan, ethernet(), ipv4(), udp()), protocols);
const parsed = parsePacket(bytes, { linkType: "ip", protocols });
console.log(describePacket(parsed, protocols));
// 0.0.0.0:0 > 0.0.0.0:4789 UDP / VXLAN 7 / 0.0.0.0:0 > 0.0.0.0:0 UDP
