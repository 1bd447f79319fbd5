import { type IpAddress, ipFromBytes } from "@heddle/contracts";

/** Where in its frame the source address of an IP packet lies, before the destination, and how many bytes each has. */
export function addressPlace(frame: Uint8Array): { readonly start: number; readonly size: number } {
  return frame[12] === 8 ? { start: 26, size: 4 } : { start: 22, size: 16 };
}

/** Who an IP packet is from, and to whom. The frame has both addresses. */
export function addressesOf(frame: Uint8Array): {
  readonly source: IpAddress;
  readonly destination: IpAddress;
} {
  const { start, size } = addressPlace(frame);
  const at = (offset: number) => ipFromBytes(frame.subarray(offset, offset + size));
  return { source: at(start), destination: at(start + size) };
}
