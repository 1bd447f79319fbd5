import type { Run } from "@heddle-tools/fuzz";
import { macToBytes } from "@heddle/contracts";
import { gatewayMac } from "../scene.ts";

const gateway = Buffer.from(macToBytes(gatewayMac));

/** How a redirected frame goes on, told by its MAC addresses; the names are those of the reasons. */
export type Forwarding = "toPod" | "toNeighbour" | "toTunnel" | "answered";

/**
 * An answer goes back to who asked; a pod gets frames from the gateway; the kernel writes a neighbour's addresses. A tunnel
 * makes frames longer, and what comes out of one is for a pod.
 */
export function forwarding({ frame, after }: Run): Forwarding {
  const fromGateway = gateway.equals(after.subarray(6, 12));
  if (fromGateway && isAnswer(after)) return "answered";
  if (after.length > frame.length) return "toTunnel";
  if (after.length < frame.length) return "toPod";
  return fromGateway && !gateway.equals(frame.subarray(6, 12)) ? "toPod" : "toNeighbour";
}

/** An ARP reply, or a neighbour advertisement that no router has taken on (RFC 4861 section 7.1.2). */
function isAnswer(after: Uint8Array): boolean {
  if (after[12] === 8 && after[13] === 6) return true;
  return after[12] === 0x86 && after[20] === 58 && after[21] === 255 && after[54] === 136;
}
