import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Packet, parsePacket } from "@heddle/packet";
import type { TestNetns } from "@heddle/testing";

/** What passes a device, from the beginning of the capture on. */
export interface Capture extends AsyncDisposable {
  readonly packets: readonly Packet[];
}

/** Bytes of the head of a file, and of each packet's, in the format of libpcap. */
const fileHead = 24;
const packetHead = 16;

/** Captures ARP and ICMPv6 by tcpdump; resolves when it listens. */
export async function capture(netns: TestNetns, device: string): Promise<Capture> {
  const args = ["-i", device, "-U", "-Z", "root", "--immediate-mode", "-w", "-", "arp or ip6"];
  const tcpdump = spawn("nsenter", [`--net=${netns.path}`, "--", "tcpdump", ...args]);
  const packets: Packet[] = [];
  let rest = Buffer.alloc(0);
  let start = fileHead;
  tcpdump.stdout.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= start + packetHead) {
      const end = start + packetHead + rest.readUInt32LE(start + 8);
      if (rest.length < end) return;
      const bytes = Uint8Array.from(rest.subarray(start + packetHead, end));
      packets.push(parsePacket(bytes, { linkType: "ethernet" }));
      rest = rest.subarray(end);
      start = 0;
    }
  });
  const exited = once(tcpdump, "exit");
  let said = "";
  await new Promise<void>((resolve, reject) => {
    tcpdump.on("error", reject);
    tcpdump.on("exit", () => reject(new Error(`tcpdump ended: ${said}`)));
    tcpdump.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("listening on")) resolve();
    });
  });
  return {
    packets,
    async [Symbol.asyncDispose]() {
      tcpdump.kill();
      await exited;
    },
  };
}
