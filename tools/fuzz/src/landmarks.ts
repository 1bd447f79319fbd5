/** Where the headers of a frame seem to be, as far as its bytes go: what mutators aim at. Offsets in bytes. */
export interface Landmarks {
  /** 4 or 6; 0 for a frame of neither. */
  readonly family: 4 | 6 | 0;
  readonly ip: number;
  /** Extension headers of IPv6, the first one first. */
  readonly extensions: readonly number[];
  readonly transport: number;
  /** The IP protocol of what stands at `transport`. */
  readonly protocol: number;
}

const ethernetHeader = 14;
const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 44, 51, 60]);

/** Looks for the headers without trusting any of them. */
export function findLandmarks(frame: Uint8Array): Landmarks {
  const ip = ethernetHeader;
  const etherType = word(frame, 12);
  const nowhere = { ip, extensions: [], transport: frame.length, protocol: -1 };
  if (etherType === 0x0800) {
    const transport = ip + 4 * ((frame[ip] ?? 0) & 15);
    return { family: 4, ip, extensions: [], transport, protocol: frame[ip + 9] ?? -1 };
  }
  if (etherType !== 0x86dd) return { family: 0, ...nowhere };
  let protocol = frame[ip + 6] ?? -1;
  let transport = ip + 40;
  const extensions: number[] = [];
  while (extensionHeaders.has(protocol) && transport + 1 < frame.length) {
    extensions.push(transport);
    const length = frame[transport + 1] ?? 0;
    const next = frame[transport] ?? -1;
    transport += protocol === 44 ? 8 : protocol === 51 ? 4 * (length + 2) : 8 * (length + 1);
    protocol = next;
  }
  return { family: 6, ip, extensions, transport, protocol };
}

/** Big-endian, 0 beyond the end. */
export function word(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
