/**
 * Bytes that one connection takes: 256 for its entry, 16 for its place in the hash, 48 for its place in the queue of
 * half-open connections and a quarter of that in the queue of closing ones.
 */
export const bytesPerConnection = 332;

/** The share of the machine's memory that a table has. */
const share = 64;

const smallest = 16_384;
const largest = 4_194_304;

/**
 * Connections that a table is made for on a machine with so many bytes of memory: the largest power of 2 that takes no
 * more than 1/64 of them, from 16384 to 4194304. 8 GiB are 262144 connections, 64 GiB are 2097152.
 */
export function connectionsForMemory(memory: number): number {
  const fitting = 2 ** Math.floor(Math.log2(memory / share / bytesPerConnection));
  return Math.min(largest, Math.max(smallest, fitting));
}
