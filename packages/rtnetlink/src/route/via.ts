import { type IpAddress, ipToBytes } from "@heddle/contracts";
import { ipAddress, littleEndian, type PayloadCodec, viewOf } from "../netlink/payload.ts";
import { familyOf } from "../netlink/rtm.ts";

/** `struct rtvia`: a family and an address of it. */
export const via: PayloadCodec<IpAddress> = {
  encode(value) {
    const address = ipToBytes(value);
    const bytes = new Uint8Array(2 + address.length);
    viewOf(bytes).setUint16(0, familyOf(value), littleEndian);
    bytes.set(address, 2);
    return bytes;
  },
  decode(payload) {
    if (payload.length < 2) return undefined;
    const address = ipAddress.decode(payload.subarray(2));
    const family = viewOf(payload).getUint16(0, littleEndian);
    return address !== undefined && familyOf(address) === family ? address : undefined;
  },
};
