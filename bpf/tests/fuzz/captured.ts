import { readFileSync } from "node:fs";
import { type MacAddress, macToBytes } from "@heddle/contracts";

/**
 * What went over the link of a pod with the scene's addresses, in kernels' own words: connections, datagrams whole and in
 * fragments, echoes, ICMP errors, multicast, ARP, neighbour discovery. One line a frame: `sent` or `received` by the pod, and its
 * bytes in hexadecimal.
 */
const file = new URL("../fixtures/pod-link.hex", import.meta.url);

/** The frames that the pod sent, or that it received. */
export function capturedFrames(direction: "sent" | "received"): readonly Uint8Array[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${direction} `))
    .map((line) => Uint8Array.from(Buffer.from(line.slice(direction.length + 1), "hex")));
}

/** The frames as they would be on another link. */
export function onLink(
  frames: readonly Uint8Array[],
  destination: MacAddress,
  source: MacAddress,
): readonly Uint8Array[] {
  const addresses = [...macToBytes(destination), ...macToBytes(source)];
  return frames.map((frame) => {
    const moved = frame.slice();
    moved.set(addresses);
    return moved;
  });
}
