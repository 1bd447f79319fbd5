import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes } from "../../test/codec-laws.ts";
import { decodeMessages, encodeMessage } from "./message.ts";

describe("netlink messages", () => {
  it("have a header of 16 bytes and are padded to 4", () => {
    const message = { type: 18, flags: 0x301, sequence: 7, payload: Uint8Array.of(0xaa) };
    expect(Buffer.from(encodeMessage(message)).toString("hex")).toBe(
      "11000000120001030700000000000000aa000000",
    );
  });

  it("are read one after the other as they were written", () => {
    const u16s = fc.nat(0xffff);
    const message = fc.record({
      type: u16s,
      flags: u16s,
      sequence: fc.nat(0xffff_ffff),
      payload: fc.uint8Array({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const datagram = Buffer.concat(messages.map(encodeMessage));
        const found = decodeMessages(datagram);
        expect(found.map(encodeMessage)).toEqual(messages.map(encodeMessage));
        expect(found.map((each) => each.type)).toEqual(messages.map((each) => each.type));
      }),
    );
  });

  it.each([
    ["10000000 1200 0103", "8 bytes hold no header"],
    ["0f000000 1200 0103 07000000 00000000", "its length is 15 with 16 bytes left"],
    ["11000000 1200 0103 07000000 00000000", "its length is 17 with 16 bytes left"],
  ])("refuse %j", (wire, reason) => {
    expect(() => decodeMessages(bytes(wire))).toThrow(
      expect.objectContaining({ code: "malformed", reason }),
    );
  });
});
