import { createConntrack } from "@heddle/conntrack";
import { createManualClock, parseIpv4 } from "@heddle/contracts";
import { buildPacket, ipv4, packet, parsePacket, tcp } from "@heddle/packet";

const clock = createManualClock(); // of a capture: advanced to the time of each packet
const conntrack = createConntrack({ clock });
const ends = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
for (const flag of ["syn", "ack", "rst"] as const) {
  const segment = tcp({ sourcePort: 34512, destinationPort: 80, flags: [flag] });
  const bytes = buildPacket(packet(ipv4(ends), segment));
  const outcome = conntrack.track(parsePacket(bytes, { linkType: "ip" }));
  if (outcome.outcome === "tracked") console.log(flag, outcome.state, outcome.remaining);
  clock.advance(1000);
}
console.log(Array.from(conntrack.connections(), ({ packets }) => packets.original)); // [ 3 ]
