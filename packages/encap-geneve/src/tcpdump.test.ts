import { spawnSync } from "node:child_process";
import { identity, parseIp, parseIpv4, parseIpv6, parseMac } from "@heddle/contracts";
import {
  buildPacket,
  ethernet,
  ipv4,
  packet,
  parsePacket,
  pcapngInterface,
  pcapngPacket,
  pcapngSectionHeader,
  tcp,
} from "@heddle/packet";
import { expect, it } from "vitest";
import { encapsulate, geneveProtocols } from "./index.ts";

const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
const frame = ethernet({ source: parseMac("02:00:00:00:00:01") });
const inner = buildPacket(packet(frame, ipv4(pods), tcp({ destinationPort: 80, flags: ["syn"] })));

/** The frame in a tunnel, in an outer frame. */
function sent(source: string, destination: string): Uint8Array {
  const { layers, payload } = encapsulate(
    parsePacket(inner, { linkType: "ethernet" }),
    {
      source: parseIp(source),
      destination: parseIp(destination),
      identity: identity(4711),
      options: [
        { type: "cluster-id", clusterId: 3 },
        { type: "dsr-ipv6", address: parseIpv6("2001:db8::53"), port: 53 },
        { type: 1, class: 0x0102, data: Uint8Array.of(1, 2, 3, 4) },
      ],
    },
    { udpChecksum: { 4: "computed" } },
  );
  const body = payload ?? new Uint8Array();
  return buildPacket({ layers: [ethernet(), ...layers], payload: body }, geneveProtocols);
}

it("tcpdump reads our tunnels over both families as we do", (context) => {
  if (spawnSync("tcpdump", ["--version"]).error !== undefined) {
    context.skip("tcpdump is not installed: apt-get install tcpdump");
  }
  const packets = [sent("192.0.2.1", "192.0.2.2"), sent("2001:db8::1", "2001:db8::2")];
  const capture = Buffer.concat([
    pcapngSectionHeader({ application: "heddle" }),
    pcapngInterface({ name: "eth0", linkType: "ethernet" }),
    ...packets.map((bytes) => pcapngPacket({ interfaceId: 0, timestamp: 0n, bytes })),
  ]);
  const args = ["-r", "-", "-vvv", "-n", "-tt"];
  const { stdout } = spawnSync("tcpdump", args, { input: capture, encoding: "utf8" });
  const said = stdout.trimEnd().split(/\n(?=\d)/);
  expect(said).toHaveLength(2);
  for (const text of said) {
    expect(text).toMatch(/\[udp sum ok\] Geneve, Flags \[C\], vni 0x1267, options/);
    expect(text).toContain("(0xff48) type 0x81(C) len 8 data 00000003,");
    expect(text).toContain(
      "(0xff48) type 0x83(C) len 24 data 20010db8 00000000 00000000 00000053 00350000,",
    );
    expect(text).toContain("(0x102) type 0x1 len 8 data 01020304]");
    expect(text).toMatch(
      /10\.0\.1\.5\.0 > 10\.0\.2\.7\.80: Flags \[S\], cksum 0x[0-9a-f]{4} \(correct\)/,
    );
  }
  expect(said[0]).toContain("flags [DF]");
});
