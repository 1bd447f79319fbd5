import { createHash } from "node:crypto";
import { type MacAddress, macFromBytes } from "@heddle/contracts";

/** What the name of the node's end of every pod's device pair begins with. */
export const devicePrefix = "hd";

/** Hexadecimal digits that fit into an interface name of 15 bytes beside the prefix. */
const digits = 12;

/**
 * The name of the node's end, by the pod's key. It is the same each time, so that what an earlier
 * process made is found again.
 */
export function deviceName(key: string): string {
  return devicePrefix + digest(key).toString("hex").slice(0, digits);
}

/** The pod's own MAC address: locally administered, unicast, the same for each pod of this name. */
export function podMac(key: string): MacAddress {
  const bytes = Uint8Array.from(digest(key).subarray(-6));
  bytes[0] = 0x02;
  return macFromBytes(bytes);
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
