import { connectionTuple, type Tuple } from "@heddle/conntrack";
import { parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { painter } from "../paint.ts";
import { formatTable } from "../table.ts";
import { formatChange } from "./change-line.ts";
import { connectionColumns, wideConnectionColumns } from "./connection-columns.ts";
import { record } from "./connections.fake.ts";
import { formatDuration } from "./duration.ts";

type Row = Parameters<typeof record>[0];

function tuple(
  protocol: Tuple["protocol"],
  source: string,
  destination: string,
  sourcePort = 0,
  destinationPort = 0,
): Tuple {
  const addresses = { source: parseIp(source), destination: parseIp(destination) };
  return connectionTuple({ protocol, ...addresses, sourcePort, destinationPort });
}

const ipv6 = tuple("udp", "fd00::1", "fd00::2", 5, 53);
const echo = tuple("icmp", "10.0.1.5", "10.0.2.7", 77);
const gre = tuple("gre", "10.0.1.5", "10.0.2.7");
/** What comes back to the address that the connection left with. */
const translated = tuple("tcp", "10.0.2.7", "192.0.2.1", 80, 40_000);

/** The columns of a row, which have three spaces between them. */
function cells(row: Row, columns = connectionColumns): readonly string[] {
  const [, line = ""] = formatTable([record(row)], columns).split("\n");
  return line.split(/ {3,}/);
}

describe("a connection in a table", () => {
  it.each<[string, Row, readonly string[]]>([
    [
      "has who talks with whom, times, and numbers of both directions",
      {},
      [
        "tcp",
        "10.0.1.5:34512",
        "10.0.2.7:80",
        "-",
        "established",
        "answered",
        "2h13m",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
    [
      "tells ports from IPv6 addresses",
      { original: ipv6, answered: false },
      [
        "udp",
        "[fd00::1]:5",
        "[fd00::2]:53",
        "-",
        "established",
        "-",
        "2h13m",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
    [
      "shows the identifier of an echo, and no zero in the other place",
      { original: echo },
      [
        "icmp",
        "10.0.1.5:77",
        "10.0.2.7",
        "-",
        "established",
        "answered",
        "2h13m",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
    [
      "shows no ports where there are none",
      { original: gre },
      [
        "gre",
        "10.0.1.5",
        "10.0.2.7",
        "-",
        "established",
        "answered",
        "2h13m",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
    [
      "shows the translated source, who has finished, and that it is over",
      {
        reply: translated,
        state: "closing",
        finished: { original: true, reply: false },
        expires: 4000,
      },
      [
        "tcp",
        "10.0.1.5:34512",
        "10.0.2.7:80",
        "192.0.2.1:40000",
        "closing",
        "answered,source-finished",
        "0s",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
    [
      "shows that it is a service's",
      { scope: "service", finished: { original: false, reply: true } },
      [
        "tcp",
        "10.0.1.5:34512",
        "10.0.2.7:80",
        "-",
        "established",
        "service,answered,destination-finished",
        "2h13m",
        "5s",
        "6/4",
        "600/400",
      ],
    ],
  ])("%s", (_, row, expected) => {
    expect(cells(row)).toEqual(expected);
  });

  it("has its scope and its answers in a wide one, and both sides finished in a word", () => {
    const finished = { original: true, reply: true };
    const wide = cells({ reply: translated, finished }, wideConnectionColumns);
    expect(wide[0]).toBe("connection");
    expect(wide[6]).toBe("answered,finished");
    expect(wide.slice(-2)).toEqual(["10.0.2.7:80", "192.0.2.1:40000"]);
  });
});

describe("a line about a connection", () => {
  const time = new Date(2026, 0, 2, 3, 4, 5, 67).toISOString();
  const plain = painter({ colours: false });

  it.each<[Parameters<typeof formatChange>[0], string]>([
    [
      { kind: "new", time, connection: record({ state: "opening" }) },
      "03:04:05.067 new     tcp 10.0.1.5:34512 > 10.0.2.7:80 opening",
    ],
    [
      {
        kind: "changed",
        time,
        was: "opening",
        connection: record({ original: ipv6, scope: "service" }),
      },
      "03:04:05.067 changed udp [fd00::1]:5 > [fd00::2]:53 of a service opening -> established",
    ],
    [
      {
        kind: "removed",
        time,
        reason: "expired",
        connection: record({ reply: translated, state: "closing" }),
      },
      "03:04:05.067 removed tcp 10.0.1.5:34512 > 10.0.2.7:80 as 192.0.2.1:40000 expired in closing after 5s, 6/4 packets, 600/400 bytes",
    ],
    [
      { kind: "removed", time, reason: undefined, connection: record({ original: echo }) },
      "03:04:05.067 removed icmp 10.0.1.5:77 > 10.0.2.7 gone in established after 5s, 6/4 packets, 600/400 bytes",
    ],
  ])("%# says what became of it", (change, line) => {
    expect(formatChange(change, plain)).toBe(line);
  });
});

describe("a duration", () => {
  it.each([
    [-5, "0s"],
    [499, "0s"],
    [1500, "2s"],
    [59_499, "59s"],
    [59_600, "1m"],
    [61_000, "1m1s"],
    [3_600_000, "1h"],
    [3_601_000, "1h"],
    [8_000_000, "2h13m"],
    [86_400_000 * 400 + 3_600_000, "400d1h"],
  ])("of %i ms is %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
