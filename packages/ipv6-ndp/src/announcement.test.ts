import { parseIp, parseIpv6, parseMac } from "@heddle/contracts";
import { describePacket, parsePacket, verifyChecksums } from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { announcementOf, validateNdp } from "./index.ts";

const mac = parseMac("02:00:00:00:00:01");
const device = { name: "eth0", mac, source: parseIpv6("fe80::1") };

describe("an announcement", () => {
  it.each([
    // Hardware 1, protocol 0x0800, 6 and 4 bytes, a request; sender, then no MAC address and the same IPv4 address.
    [
      "10.244.1.5",
      "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0af40105 000000000000 0af40105",
      "ARP who has 10.244.1.5, tell 10.244.1.5",
    ],
    // Type 136, router and override, the target, and option 2 of 8 bytes.
    [
      "fd00::5",
      "333300000001 020000000001 86dd 60000000 0020 3a ff fe800000000000000000000000000001 ff020000000000000000000000000001 " +
        "8800 d916 a0000000 fd000000000000000000000000000005 0201 020000000001",
      "fe80::1 > ff02::1 ICMPv6 neighbor advertisement of fd00::5",
    ],
  ])("of %s has these bytes", (address, hex, line) => {
    const frame = announcementOf(parseIp(address), device, true);
    expect(Buffer.from(frame).toString("hex")).toBe(hex.replaceAll(" ", ""));
    const parsed = parsePacket(frame, { linkType: "ethernet" });
    expect(describePacket(parsed)).toBe(line);
    expect(verifyChecksums(parsed).every(({ verdict }) => verdict === "correct")).toBe(true);
  });

  it("is valid, and from the address itself where the device has none", () => {
    const frame = announcementOf(parseIp("fd00::5"), { ...device, source: undefined }, false);
    const parsed = parsePacket(frame, { linkType: "ethernet" });
    expect(validateNdp(parsed)).toBeUndefined();
    expect(describePacket(parsed)).toBe(
      "fd00::5 > ff02::1 ICMPv6 neighbor advertisement of fd00::5",
    );
  });
});
