import { parseIpv6, parseMac } from "@heddle/contracts";
import { solicitationOf, solicitedNodeGroup, validateNdp } from "@heddle/ipv6-ndp";
import { buildPacket, describePacket, parsePacket } from "@heddle/packet";

const target = parseIpv6("fd00::ab:cd05");
console.log(solicitedNodeGroup(target)); // ff02::1:ffab:cd05
const frame = buildPacket(solicitationOf({ target, mac: parseMac("02:00:00:00:00:01") }));
const parsed = parsePacket(frame, { linkType: "ethernet" });
console.log(describePacket(parsed));
// :: > ff02::1:ffab:cd05 ICMPv6 neighbor solicitation for fd00::ab:cd05
console.log(validateNdp(parsed)); // undefined

frame[21] = 254; // the hop limit: a router has forwarded it
console.log(validateNdp(parsePacket(frame, { linkType: "ethernet" }))); // hop-limit
