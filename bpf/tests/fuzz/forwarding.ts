import type { Run } from "@heddle-tools/fuzz";
import { macToBytes } from "@heddle/contracts";
import { gatewayMac } from "../scene.ts";
import { addressPlace } from "./addresses.ts";

const gateway = Buffer.from(macToBytes(gatewayMac));

/** How a redirected frame goes on, told by its MAC addresses; the names are those of the reasons. */
export type Forwarding = "toPod" | "toNeighbour" | "toTunnel" | "answered" | "told" | "fragmented";

/** What stands in place of the source MAC address of a packet that is to become a fragment: `FRAGMENT_MARK` of fragment.h. */
const fragmentMark = Buffer.of(0x06, 0x66);

/**
 * An answer goes back to who asked; a pod gets frames from the gateway; the kernel writes a neighbour's addresses. A tunnel
 * makes frames longer, and what comes out of one is for a pod.
 */
export function forwarding({ frame, after }: Run): Forwarding {
  if (fragmentMark.equals(after.subarray(6, 8))) return "fragmented";
  if (isTold(frame, after)) return "told";
  const fromGateway = gateway.equals(after.subarray(6, 12));
  if (fromGateway && isAnswer(after)) return "answered";
  if (after.length > frame.length) return "toTunnel";
  if (after.length < frame.length) return "toPod";
  return fromGateway && !gateway.equals(frame.subarray(6, 12)) ? "toPod" : "toNeighbour";
}

/** "Fragmentation needed" or "packet too big", to whom the packet is from. */
function isTold(frame: Uint8Array, after: Uint8Array): boolean {
  if (Buffer.compare(frame.subarray(12, 14), after.subarray(12, 14)) !== 0) return false;
  // Else it is the packet itself, one hop further, and is from whom it is to.
  if (Buffer.compare(frame.subarray(54), after.subarray(54)) === 0) return false;
  if (after[12] === 8)
    return after[23] === 1 && after[34] === 3 && after[35] === 4 && isTurned(frame, after);
  return after[20] === 58 && after[54] === 2 && isTurned(frame, after);
}

function isTurned(frame: Uint8Array, after: Uint8Array): boolean {
  const { start, size } = addressPlace(after);
  const ends = [start + size, start].map((from) => frame.subarray(from, from + size));
  return Buffer.concat(ends).equals(after.subarray(start, start + 2 * size));
}

/** An ARP reply, or a neighbour advertisement that no router has taken on (RFC 4861 section 7.1.2). */
function isAnswer(after: Uint8Array): boolean {
  if (after[12] === 8 && after[13] === 6) return true;
  return after[12] === 0x86 && after[20] === 58 && after[21] === 255 && after[54] === 136;
}
