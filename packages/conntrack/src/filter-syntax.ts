import {
  AddressError,
  hostPrefix,
  type IpPrefix,
  addressBits,
  parseIp,
  parsePrefix,
  prefixAddress,
  prefixFamily,
  prefixLength,
} from "@heddle/contracts";
import { type IpProtocol, ipProtocols } from "@heddle/packet";
import type { ConnectionState, Scope } from "./connection.ts";
import type { ConnectionFilter } from "./connection-filter.ts";
import { ConntrackError } from "./conntrack-error.ts";

/** What a word means, or why it means nothing. */
type Reader = (value: string) => ConnectionFilter | Problem;

/** Why a word is refused, and what is allowed. */
class Problem {
  readonly reason: string;
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    this.reason = reason;
    this.hint = hint;
  }
}

const scopes: readonly Scope[] = ["connection", "service"];
const states: readonly ConnectionState[] = ["opening", "established", "closing"];

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["proto", readProtocol],
  ["src", (value) => readPrefix(value, (source) => ({ source }))],
  ["dst", readDestination],
  ["addr", (value) => readPrefix(value, (address) => ({ address }))],
  ["port", readPort],
  ["state", (value) => oneOf(value, states, (state) => ({ state }))],
  ["scope", (value) => oneOf(value, scopes, (scope) => ({ scope }))],
]);

/**
 * Reads a filter of connections: words between white space, all of which must be true, each at most once.
 *
 * | word | value |
 * | --- | --- |
 * | `proto=` | a protocol's name, such as `tcp`, or its number |
 * | `src=` | address or prefix of the side that began the connection |
 * | `dst=` | of the side that answers; an address may have a port: `192.0.2.1:443`, `[fd00::1]:443` |
 * | `addr=` | of either side |
 * | `port=` | the port of the side that answers |
 * | `state=` | `opening`, `established`, `closing` |
 * | `scope=` | `connection`, `service` |
 *
 * No words mean all connections.
 *
 * @throws {ConntrackError} `invalid-filter`, which names the word, the reason and what is allowed
 */
export function parseConnectionFilter(text: string): ConnectionFilter {
  let filter: ConnectionFilter = {};
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const meant = readWord(word);
    if (meant instanceof Problem) throw invalidFilter(word, meant);
    const known = filter;
    const again = Object.keys(meant).find((field) => Object.hasOwn(known, field));
    if (again !== undefined) {
      throw invalidFilter(word, new Problem(`${nameOf(again)} has been given already`));
    }
    const stranger = otherFamily(known, meant);
    if (stranger !== undefined) throw invalidFilter(word, stranger);
    filter = { ...known, ...meant };
  }
  return filter;
}

/**
 * The filter as {@link parseConnectionFilter} reads it: equal filters are equal texts. Only what means no connection, for
 * having addresses of two families, is a text that is refused when it is read.
 */
export function formatConnectionFilter(filter: ConnectionFilter): string {
  const { scope, state, protocol, source, destination, address, destinationPort } = filter;
  const words: readonly (readonly [string, string | number | undefined])[] = [
    ["proto", protocol === undefined ? undefined : protocolName(protocol)],
    ["src", formatPrefix(source)],
    ["dst", formatPrefix(destination)],
    ["addr", formatPrefix(address)],
    ["port", destinationPort],
    ["state", state],
    ["scope", scope],
  ];
  return words
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}

function readWord(word: string): ConnectionFilter | Problem {
  const [, name, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  const hint = `there are ${[...readers.keys()].join(", ")}`;
  if (name === undefined) return new Problem("it is not NAME=VALUE", hint);
  const reader = readers.get(name);
  if (reader === undefined) return new Problem(`there is no ${quote(name)}`, hint);
  return value === undefined || value === "" ? new Problem("its value is missing") : reader(value);
}

function oneOf<T extends string>(
  value: string,
  allowed: readonly T[],
  meaning: (value: T) => ConnectionFilter,
): ConnectionFilter | Problem {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return meaning(found);
  return new Problem(`there is no ${quote(value)}`, `there are ${allowed.join(", ")}`);
}

const mostProtocol = 0xff;
const mostPort = 0xffff;
const protocolNumbers = Array.from({ length: mostProtocol + 1 }, (_, number) => number);

function readProtocol(value: string): ConnectionFilter | Problem {
  const number =
    readNumber(value, mostProtocol) ??
    protocolNumbers.find((each) => ipProtocols.nameOf(each) === value);
  if (number !== undefined) return { protocol: ipProtocols.nameOf(number) };
  const hint = `there are ${knownProtocols.join(", ")}, and numbers from 0 to ${String(mostProtocol)}`;
  return new Problem(`there is no ${quote(value)}`, hint);
}

const knownProtocols = protocolNumbers
  .map((number) => ipProtocols.nameOf(number))
  .filter((name) => typeof name === "string");

function readPort(value: string): ConnectionFilter | Problem {
  const destinationPort = readNumber(value, mostPort);
  if (destinationPort !== undefined) return { destinationPort };
  return new Problem(`${quote(value)} is not a number from 0 to ${String(mostPort)}`);
}

/** `ADDRESS`, `PREFIX`, `ADDRESS:PORT` of IPv4 or `[ADDRESS]:PORT` of IPv6. */
function readDestination(value: string): ConnectionFilter | Problem {
  const [, inside, before, port] = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(value) ?? [];
  const host = inside ?? before;
  if (host === undefined || port === undefined) {
    return readPrefix(value, (destination) => ({ destination }));
  }
  if (host.includes("/")) {
    const hint = `write dst=${host} port=${port}`;
    return new Problem("only an address can have a port behind it", hint);
  }
  const destination = readPrefix(host, (prefix) => ({ destination: prefix }));
  const destinationPort = readPort(port);
  if (destination instanceof Problem) return destination;
  return destinationPort instanceof Problem
    ? destinationPort
    : { ...destination, ...destinationPort };
}

function readPrefix(
  value: string,
  meaning: (prefix: IpPrefix) => ConnectionFilter,
): ConnectionFilter | Problem {
  try {
    return meaning(value.includes("/") ? parsePrefix(value) : hostPrefix(parseIp(value)));
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    return new Problem(error.reason, error.hint ?? addressHint(value));
  }
}

/** For what looks like an address with a port where none is compared. */
function addressHint(value: string): string {
  return /^\[.*\]|^[^:]+:[^:]*$/.test(value)
    ? "write ADDRESS or ADDRESS/LENGTH; a port is that of dst"
    : "write ADDRESS or ADDRESS/LENGTH";
}

function readNumber(text: string, most: number): number | undefined {
  return /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** Both sides of a connection are of one family: another one means no connection at all. */
function otherFamily(known: ConnectionFilter, meant: ConnectionFilter): Problem | undefined {
  const prefixes = [known, meant].map(({ source, destination, address }) =>
    [source, destination, address].find((prefix) => prefix !== undefined),
  );
  const [before, now] = prefixes;
  if (before === undefined || now === undefined) return undefined;
  if (prefixFamily(before) === prefixFamily(now)) return undefined;
  const reason = `it is not of the family of ${formatPrefix(before) ?? ""}`;
  return new Problem(reason, "no connection has addresses of both");
}

function formatPrefix(prefix: IpPrefix | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  const isHost = prefixLength(prefix) === addressBits(prefixFamily(prefix));
  return isHost ? prefixAddress(prefix) : prefix;
}

/** One text for a protocol, whether its name or its number was given. */
function protocolName(protocol: IpProtocol): IpProtocol {
  return ipProtocols.nameOf(ipProtocols.numberOf(protocol));
}

/** How the syntax calls a field. */
function nameOf(field: string): string {
  return names.get(field) ?? field;
}

const names: ReadonlyMap<string, string> = new Map([
  ["protocol", "proto"],
  ["source", "src"],
  ["destination", "dst"],
  ["address", "addr"],
  ["destinationPort", "the port"],
]);

function quote(text: string): string {
  return JSON.stringify(text);
}

function invalidFilter(word: string, { reason, hint }: Problem): ConntrackError {
  const operation = "read filter of connections at";
  return new ConntrackError({ code: "invalid-filter", operation, subject: word, reason, hint });
}
