import { describe, expect, it } from "vitest";
import { PacketError, pcapngInterface, pcapngPacket, pcapngSectionHeader } from "./index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Groups of hexadecimal digits, one field each, as one string. */
const fields = (...groups: readonly string[]) => groups.join("");

// Byte rows after draft-ietf-opsawg-pcapng sections 4.1 to 4.3, least significant byte first.
describe("pcapng blocks", () => {
  it("begin with a section header", () => {
    expect(hex(pcapngSectionHeader())).toBe(
      fields(
        "0a0d0d0a", // type
        "1c000000", // length: 28
        "4d3c2b1a", // byte-order magic
        "01000000", // version 1.0
        "ffffffffffffffff", // section length not known
        "1c000000",
      ),
    );
  });

  it("say who wrote them", () => {
    expect(hex(pcapngSectionHeader({ application: "heddle", os: "Linux", comment: "abcd" }))).toBe(
      fields(
        "0a0d0d0a",
        "40000000",
        "4d3c2b1a",
        "01000000",
        "ffffffffffffffff",
        "0100040061626364", // opt_comment
        "030005004c696e7578000000", // shb_os, padded
        "04000600686564646c650000", // shb_userappl
        "00000000", // opt_endofopt
        "40000000",
      ),
    );
  });

  it("describe an interface with time stamps in nanoseconds", () => {
    expect(hex(pcapngInterface({ name: "eth0", linkType: "ethernet", snapLength: 128 }))).toBe(
      fields(
        "01000000",
        "28000000",
        "0100", // LINKTYPE_ETHERNET
        "0000",
        "80000000", // snap length
        "0200040065746830", // if_name
        "0900010009000000", // if_tsresol 10^-9
        "00000000",
        "28000000",
      ),
    );
    expect(pcapngInterface({ name: "lo", linkType: "ip" })[8]).toBe(101);
  });

  it("hold packets with time, lengths, comments and flags", () => {
    const block = pcapngPacket({
      interfaceId: 2,
      timestamp: 0x0102_0304_0506_0708n,
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      originalLength: 1500,
      direction: "outbound",
      reception: "broadcast",
      comments: ["dropped", "ÿ"],
    });
    expect(hex(block)).toBe(
      fields(
        "06000000",
        "48000000",
        "02000000", // interface
        "04030201", // time stamp, high half
        "08070605", // low half
        "05000000", // captured
        "dc050000", // original
        "0102030405000000", // padded
        "0100070064726f7070656400", // opt_comment
        "01000200c3bf0000", // a second one, in UTF-8
        "020004000e000000", // epb_flags: outbound, broadcast
        "00000000",
        "48000000",
      ),
    );
  });

  it("have no options where there is nothing to say", () => {
    const block = pcapngPacket({ interfaceId: 0, timestamp: 1n, bytes: new Uint8Array() });
    expect(block).toHaveLength(32);
  });

  it.each([
    ["a negative interface", { interfaceId: -1 }],
    ["an interface that is no integer", { interfaceId: 0.5 }],
    ["a comment above 65535 bytes", { comments: ["x".repeat(65_536)] }],
    ["a time before 1970", { timestamp: -1n }],
    ["a time after 2554", { timestamp: 1n << 64n }],
  ])("refuse %s", (_name, wrong) => {
    const packet = { interfaceId: 0, timestamp: 0n, bytes: new Uint8Array(), ...wrong };
    expect(() => pcapngPacket(packet)).toThrow(PacketError);
  });
});
