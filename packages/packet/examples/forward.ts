import { parseIpv4 } from "@heddle/contracts";
import {
  buildPacket,
  describePacket,
  ipv4,
  matchPacket,
  packet,
  parsePacket,
  tcp,
} from "@heddle/packet";

const pod = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const syn = tcp({ sourcePort: 34512, destinationPort: 80, flags: ["syn"] });
const bytes = buildPacket(packet(ipv4({ ...pod, ttl: 64 }), syn));

const parsed = parsePacket(bytes, { linkType: "ip" });
console.log(describePacket(parsed)); // 10.0.1.5:34512 > 10.0.2.7:80 TCP SYN
console.log(matchPacket(parsed, packet(ipv4({ ttl: 63 }), tcp({ flags: ["syn"] }))));
// [ { at: 'ipv4.ttl', expected: '63', found: '64' } ]
