import { type IpPrefix, isPrefix, parseIp, parsePrefix, prefixFamily } from "@heddle/contracts";
import type { ClusterPrefix } from "../cluster-pool.ts";
import type { Reservation } from "../reservation.ts";

/** A prefix that a node has: one object of the store, whose name is made of the prefix. */
export interface NodeBlock {
  readonly prefix: IpPrefix;
  readonly node: string;
  /**
   * Whether the prefix was still one to be handed out after the object was there. The node uses it from then on, and not
   * before.
   */
  readonly confirmed: boolean;
}

/** A prefix of a shared pool. */
export interface SharedPrefix extends ClusterPrefix {
  /** Whether nothing of it is given out any more. */
  readonly draining: boolean;
}

/** What is to be handed out: one object of the store. */
export interface SharedConfig {
  readonly prefixes: readonly SharedPrefix[];
  readonly excluded: readonly Reservation[];
}

/**
 * The name of a node prefix's object, `ipv4-10.0.1.0-24` or `ipv6-fd00---64`: as Kubernetes wants names to be (RFC 1123),
 * and another one for each prefix.
 */
export function blockName(prefix: IpPrefix): string {
  return `ipv${String(prefixFamily(prefix))}-${prefix.replaceAll(/[:/]/g, "-")}`;
}

/** Reads a {@link NodeBlock} from what JSON has. @throws {Error} */
export function decodeNodeBlock(json: unknown): NodeBlock {
  const { prefix, node, confirmed }: Record<string, unknown> = Object(json);
  if (typeof node !== "string" || node === "") throw new Error("node is not a name");
  if (typeof confirmed !== "boolean") throw new Error("confirmed is neither true nor false");
  return { prefix: readPrefix(prefix), node, confirmed };
}

/** Reads a {@link SharedConfig} from what JSON has. @throws {Error} */
export function decodeSharedConfig(json: unknown): SharedConfig {
  const { prefixes, excluded }: Record<string, unknown> = Object(json);
  if (!Array.isArray(prefixes)) throw new Error("prefixes is not a list");
  if (!Array.isArray(excluded)) throw new Error("excluded is not a list");
  return { prefixes: prefixes.map(readSharedPrefix), excluded: excluded.map(readReservation) };
}

function readSharedPrefix(json: unknown): SharedPrefix {
  const { prefix, nodeLength, draining }: Record<string, unknown> = Object(json);
  if (typeof nodeLength !== "number") throw new Error("nodeLength is not a number");
  if (typeof draining !== "boolean") throw new Error("draining is neither true nor false");
  return { prefix: readPrefix(prefix), nodeLength, draining };
}

function readReservation(json: unknown): Reservation {
  if (typeof json !== "string") {
    const { first, last }: Record<string, unknown> = Object(json);
    return { first: parseIp(String(first)), last: parseIp(String(last)) };
  }
  return isPrefix(json) ? json : parseIp(json);
}

function readPrefix(json: unknown): IpPrefix {
  if (typeof json !== "string") throw new Error("prefix is not a text");
  return parsePrefix(json);
}
