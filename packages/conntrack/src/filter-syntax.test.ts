import { isDeepStrictEqual } from "node:util";
import { hostPrefix, parseIp, parsePrefix, prefixOf } from "@heddle/contracts";
import { ipProtocols } from "@heddle/packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ConnectionFilter,
  ConntrackError,
  formatConnectionFilter,
  parseConnectionFilter,
} from "./index.ts";

const ipv4 = fc.ipV4().map(parseIp);
const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => {
  const digits = value.toString(16).padStart(32, "0");
  return parseIp(digits.replaceAll(/(.{4})(?=.)/g, "$1:"));
});
/** Of one family, as those of a connection are. */
const ranges = fc.oneof(
  rangesOf(fc.tuple(ipv4, fc.nat(32)).map(([address, length]) => prefixOf(address, length))),
  rangesOf(fc.tuple(ipv6, fc.nat(128)).map(([address, length]) => prefixOf(address, length))),
);
const filters: fc.Arbitrary<ConnectionFilter> = fc
  .tuple(
    ranges,
    fc.record(
      {
        scope: fc.constantFrom("connection", "service"),
        state: fc.constantFrom("opening", "established", "closing"),
        protocol: fc.nat(255).map((number) => ipProtocols.nameOf(number)),
        destinationPort: fc.nat(65_535),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([addresses, rest]) => Object.assign(rest, addresses));

/** The filter that the text is, or why it is none. */
function attempt(text: string): ConnectionFilter | ConntrackError {
  try {
    return parseConnectionFilter(text);
  } catch (error) {
    if (error instanceof ConntrackError) return error;
    throw error;
  }
}

function rangesOf(prefix: fc.Arbitrary<ReturnType<typeof parsePrefix>>) {
  return fc.record({ source: prefix, destination: prefix, address: prefix }, { requiredKeys: [] });
}

describe("a filter as text", () => {
  it("is the same filter after it was written and read", () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(parseConnectionFilter(formatConnectionFilter(filter))).toEqual(filter);
      }),
    );
  });

  it("does not depend on the order of its words, nor on the white space between them", () => {
    const shuffled = filters.chain((filter) => {
      const words = formatConnectionFilter(filter).split(" ");
      const space = fc.constantFrom(" ", "  ", "\n", "\t ");
      return fc.tuple(
        fc.constant(filter),
        fc.shuffledSubarray(words, { minLength: words.length }),
        space,
      );
    });
    fc.assert(
      fc.property(shuffled, ([filter, words, space]) => {
        expect(parseConnectionFilter(`${space}${words.join(space)}${space}`)).toEqual(filter);
      }),
    );
  });

  it("reads any text, or refuses it by the word", () => {
    const word = fc.tuple(
      fc.constantFrom("proto", "src", "dst", "addr", "port", "state", "x"),
      fc.string(),
    );
    const text = fc.oneof(
      fc.string(),
      word.map(([name, value]) => `${name}=${value}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const read = attempt(given);
        if (read instanceof ConntrackError) return given.includes(read.subject);
        const again = attempt(formatConnectionFilter(read));
        return isDeepStrictEqual(again, read);
      }),
    );
  });

  it.each<[string, ConnectionFilter, string?]>([
    ["", {}],
    ["proto=tcp", { protocol: "tcp" }],
    ["proto=6", { protocol: "tcp" }, "proto=tcp"],
    ["proto=253", { protocol: 253 }],
    ["src=10.0.0.0/8", { source: parsePrefix("10.0.0.0/8") }],
    ["src=10.0.0.1", { source: parsePrefix("10.0.0.1/32") }],
    ["dst=fd00::/64", { destination: parsePrefix("fd00::/64") }],
    [
      "dst=[FD00:0::1]:443",
      { destination: hostPrefix(parseIp("fd00::1")), destinationPort: 443 },
      "dst=fd00::1 port=443",
    ],
    [
      "dst=192.0.2.1:53",
      { destination: parsePrefix("192.0.2.1/32"), destinationPort: 53 },
      "dst=192.0.2.1 port=53",
    ],
    ["addr=::/0 port=0", { address: parsePrefix("::/0"), destinationPort: 0 }],
    ["state=closing scope=service", { state: "closing", scope: "service" }],
  ])("%j is %j", (text, filter, canonical = text) => {
    expect(parseConnectionFilter(text)).toEqual(filter);
    expect(formatConnectionFilter(filter)).toBe(canonical);
  });

  it.each([
    ["tcp", "tcp: it is not NAME=VALUE (there are proto, src, dst, addr, port, state, scope)"],
    ["proto=tcp sport=5", 'sport=5: there is no "sport" (there are proto, src, dst, '],
    ["src=", "src=: its value is missing"],
    ["Proto=tcp", 'Proto=tcp: there is no "Proto"'],
    [
      "proto=tpc",
      'proto=tpc: there is no "tpc" (there are ipv6-hop-by-hop, icmp, igmp, ipv4, tcp, ',
    ],
    ["proto=256", "and numbers from 0 to 255)"],
    ["state=open", 'state=open: there is no "open" (there are opening, established, closing)'],
    ["scope=pod", 'scope=pod: there is no "pod" (there are connection, service)'],
    ["port=65536", 'port=65536: "65536" is not a number from 0 to 65535'],
    ["port=080", '"080" is not a number'],
    ["port=http", '"http" is not a number'],
    ["src=10.0.0.1/8", "src=10.0.0.1/8: host bits are set (write 10.0.0.0/8)"],
    ["src=10.0.0.1:80", "a port is that of dst)"],
    ["addr=[fd00::1]:80", "a port is that of dst)"],
    ["src=web", "(write ADDRESS or ADDRESS/LENGTH)"],
    [
      "dst=10.0.0.0/8:80",
      "only an address can have a port behind it (write dst=10.0.0.0/8 port=80)",
    ],
    ["dst=10.0.0.1:", 'dst=10.0.0.1:: "" is not a number'],
    ["dst=[10.0.0.1:80", "dst=[10.0.0.1:80: "],
    ["proto=tcp proto=tcp", "proto=tcp: proto has been given already"],
    ["port=80 dst=10.0.0.1:80", "dst=10.0.0.1:80: the port has been given already"],
    [
      "src=fd00::1 addr=10.0.0.1",
      "addr=10.0.0.1: it is not of the family of fd00::1 (no connection",
    ],
  ])("%j is refused", (text, message) => {
    expect(() => parseConnectionFilter(text)).toThrow(
      expect.objectContaining({
        code: "invalid-filter",
        message: expect.stringContaining(message),
      }),
    );
  });
});
