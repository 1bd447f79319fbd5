import { identity, parseIpv4 } from "@heddle/contracts";
import { decapsulate, encapsulate, geneveProtocols } from "@heddle/encap-geneve";
import { buildPacket, describePacket, ipv4, packet, parsePacket, tcp } from "@heddle/packet";

const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const syn = buildPacket(
  packet(ipv4(pods), tcp({ sourcePort: 34512, destinationPort: 80, flags: ["syn"] })),
);
const nodes = { source: parseIpv4("192.0.2.1"), destination: parseIpv4("192.0.2.2") };
const tunnel = { ...nodes, identity: identity(4711) };
const draft = encapsulate(parsePacket(syn, { linkType: "ip" }), tunnel);

const bytes = buildPacket(draft, geneveProtocols);
const parsed = parsePacket(bytes, { linkType: "ip", protocols: geneveProtocols });
console.log(describePacket(parsed, geneveProtocols));
// 192.0.2.1:52619 > 192.0.2.2:6081 UDP / Geneve VNI 4711 / 10.0.1.5:34512 > 10.0.2.7:80 TCP SYN
console.log(decapsulate(parsed).outcome); // deliver
