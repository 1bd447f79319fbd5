import { identity, parseIp, parseIpv4, parseIpv6 } from "@heddle/contracts";
import { buildPacket, ethernet, ipv4, packet, parsePacket, udp } from "@heddle/packet";
import { describe, expect, it } from "vitest";
import {
  encapsulate,
  encapsulationOverhead,
  geneveProtocols,
  heddleOptionLengths,
  podMtu,
} from "./index.ts";

describe("the overhead of a tunnel", () => {
  it.each([
    [4, {}, 50],
    [6, {}, 70],
    [4, { inner: "ip" }, 36],
    [6, { inner: "ip" }, 56],
    [4, { options: ["cluster-id"] }, 58],
    [4, { options: ["cluster-id", "dsr-ipv4"] }, 70],
    [6, { options: ["cluster-id", "dsr-ipv6"] }, 102],
    [4, { options: ["cluster-id", "cluster-id"] }, 58],
  ] as const)("over IPv%i with %j is %i bytes", (underlay, options, bytes) => {
    expect(encapsulationOverhead(underlay, options)).toBe(bytes);
  });

  const pods = { source: parseIpv4("10.0.1.5"), destination: parseIpv4("10.0.2.7") };
  it.each([
    [4, parseIp("192.0.2.1")],
    [6, parseIp("2001:db8::1")],
  ] as const)("over IPv%i is what the packets have", (family, address) => {
    const inner = buildPacket(packet(ethernet(), ipv4(pods), udp(), "hello"));
    const draft = encapsulate(parsePacket(inner, { linkType: "ethernet" }), {
      source: address,
      destination: address,
      identity: identity(7),
      options: [
        { type: "cluster-id", clusterId: 3 },
        { type: "dsr-ipv6", address: parseIpv6("2001:db8::53"), port: 53 },
      ],
    });
    // Both MTUs count from the IP header on, so the inner frame's header is overhead.
    const added = buildPacket(draft, geneveProtocols).length - (inner.length - 14);
    expect(added).toBe(encapsulationOverhead(family, { options: ["cluster-id", "dsr-ipv6"] }));
  });

  it("counts options as long as the page of options says", () => {
    expect(heddleOptionLengths).toEqual({ "cluster-id": 8, "dsr-ipv4": 12, "dsr-ipv6": 24 });
  });
});

describe("the MTU of pods", () => {
  it.each([
    [{ underlayMtu: 1500, underlay: [4] }, 1450],
    [{ underlayMtu: 1500, underlay: [6] }, 1430],
    [{ underlayMtu: 1500, underlay: [4, 6] }, 1430],
    [{ underlayMtu: 9000, underlay: [6], options: ["dsr-ipv6"] }, 8906],
    [{ underlayMtu: 1500, underlay: [4], inner: "ip" }, 1464],
    [{ underlayMtu: 1350, underlay: [6] }, 1280],
    [{ underlayMtu: 1280, underlay: [4], pods: [4] }, 1230],
    [{ underlayMtu: 118, underlay: [4], pods: [4] }, 68],
  ] as const)("of %j is %i", (options, mtu) => {
    expect(podMtu(options)).toBe(mtu);
  });

  it("is refused where IPv6 would not work, with what would", () => {
    expect(() => podMtu({ underlayMtu: 1300, underlay: [4, 6] })).toThrow(
      "derive pod MTU from underlay MTU 1300: the tunnel takes 70 bytes and leaves 1230; IPv6 needs 1280 (give the underlay an MTU of 1350 or more)",
    );
    expect(podMtu({ underlayMtu: 1350, underlay: [4, 6] })).toBe(1280);
  });

  it("is refused where nothing would be left", () => {
    expect(() => podMtu({ underlayMtu: 20, underlay: [4], pods: [4] })).toThrow("leaves 0; IPv4");
  });

  it.each([
    [0, [4], "MTU 0"],
    [1500.5, [4], "MTU 1500.5"],
    [65_536, [4], "MTU 65536"],
    [1500, [], "it has no family"],
  ] as const)("is not derived from an MTU of %d over %j", (underlayMtu, underlay, message) => {
    expect(() => podMtu({ underlayMtu, underlay })).toThrow(message);
    expect(() => podMtu({ underlayMtu, underlay })).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
  });
});
