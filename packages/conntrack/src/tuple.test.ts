import { parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { connectionTuple, formatTuple, reverseTuple, type TupleFields } from "./index.ts";

const ends = { source: parseIp("10.0.1.5"), destination: parseIp("10.0.2.7") };

describe("a tuple", () => {
  it("is the same by the name and by the number of its protocol, and twice reversed itself", () => {
    const tuple = connectionTuple({
      ...ends,
      protocol: 6,
      sourcePort: 40_000,
      destinationPort: 80,
    });
    expect(formatTuple(tuple)).toBe("tcp 10.0.1.5:40000 > 10.0.2.7:80");
    expect(formatTuple(reverseTuple(tuple))).toBe("tcp 10.0.2.7:80 > 10.0.1.5:40000");
    expect(reverseTuple(reverseTuple(tuple))).toEqual(tuple);
    expect(connectionTuple({ ...ends, protocol: 253 })).toEqual({
      ...ends,
      protocol: 253,
      sourcePort: 0,
      destinationPort: 0,
    });
  });

  it.each<readonly [TupleFields, string]>([
    [
      { ...ends, protocol: "tcp", destination: parseIp("fd00::1") },
      "10.0.1.5 to fd00::1: the addresses are of two families",
    ],
    [
      { ...ends, protocol: 256 },
      "10.0.1.5 to 10.0.2.7: protocol 256 is not a whole number from 0 to 255",
    ],
    [
      { ...ends, protocol: "tcp", sourcePort: 65_536 },
      "10.0.1.5 to 10.0.2.7: source port 65536 is not a whole number from 0 to 65535",
    ],
    [
      { ...ends, protocol: "udp", destinationPort: -1 },
      "10.0.1.5 to 10.0.2.7: destination port -1 is not a whole number from 0 to 65535",
    ],
  ])("%j is refused", (fields, message) => {
    expect(() => connectionTuple(fields)).toThrow(
      expect.objectContaining({ code: "invalid-tuple", message: `make tuple ${message}` }),
    );
  });
});
