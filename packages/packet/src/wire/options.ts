/** Options taken apart: one slice of bytes for each whole option, and what is left. */
export interface SplitOptions {
  readonly options: readonly Uint8Array[];
  /** What follows the last option: an end marker and padding, or an option that its length leads astray. */
  readonly tail: Uint8Array;
}

/**
 * Takes a run of options apart.
 *
 * @param sizeOf - bytes of the option at the beginning of its argument, which is not empty; 0 when the run ends
 *   there or the length makes no sense
 */
export function splitOptions(
  bytes: Uint8Array,
  sizeOf: (rest: Uint8Array) => number,
): SplitOptions {
  const options: Uint8Array[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const size = sizeOf(rest);
    if (size === 0 || size > rest.length) break;
    options.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return { options, tail: rest };
}

/**
 * The size of an option of IPv4 or TCP (RFC 791 section 3.1, RFC 9293 section 3.1): kinds 0 (end) and 1 (no
 * operation) are one byte, any other has a length that counts kind and length too.
 */
export function sizeOfHeaderOption(rest: Uint8Array): number {
  if (rest[0] === 0) return 0;
  if (rest[0] === 1) return 1;
  const length = rest[1] ?? 0;
  return length < 2 ? 0 : length;
}
