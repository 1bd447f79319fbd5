import { ipFamilies, type IpFamily, ipToMappedBytes, parseIp } from "@heddle/contracts";
import type { Tuple } from "@heddle/conntrack";
import {
  authenticationHeader,
  buildPacket,
  ethernet,
  ipv6DestinationOptions,
  ipv6Fragment,
  ipv6HopByHop,
  packet,
  type PacketDraft,
  sctp,
  tcp,
  udp,
  vlan,
} from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  echoPacket,
  errorAbout,
  headers,
  type Hop,
  quotation,
  tcpPacket,
  withoutLink,
} from "./drafts.ts";
import { gatewayMac, remotePod, Scene } from "./scene.ts";

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => scene.forget());

const run = (draft: Parameters<Scene["run"]>[2]) => scene.run("fromPod", scene.web.ifindex, draft);

function hop(family: IpFamily, ipv4: Hop["ipv4"] = {}): Hop {
  const source = scene.web.address[family];
  const destination = remotePod[family];
  return { sourceMac: scene.web.mac, destinationMac: gatewayMac, source, destination, ipv4 };
}

/** The tuple of the connection that a packet begins. */
async function begun(draft: Parameters<Scene["run"]>[2]): Promise<Tuple | undefined> {
  await scene.forget();
  await run(draft);
  return (await scene.allConnections())[0]?.original;
}

describe("what a connection is known by", () => {
  const ports = { sourcePort: 5353, destinationPort: 53 };

  it("are the ports of UDP and SCTP, and the identifier of an echo at the end that asks", async () => {
    const head = headers(hop(4));
    expect(await begun(packet(...head, udp(ports), "q"))).toMatchObject({
      protocol: "udp",
      ...ports,
    });
    const initiation = sctp({ ...ports, chunks: [{ type: "init" }] });
    expect(await begun(packet(...head, initiation))).toMatchObject({ protocol: "sctp", ...ports });
    const echo = { sourcePort: 7, destinationPort: 0 };
    expect(await begun(echoPacket(hop(4)))).toMatchObject({ protocol: "icmp", ...echo });
    expect(await begun(echoPacket(hop(6)))).toMatchObject({ protocol: "icmpv6", ...echo });
  });

  it("lies behind extension headers", async () => {
    const chain = [
      ipv6DestinationOptions(),
      authenticationHeader({ integrityCheck: new Uint8Array(12) }),
      ipv6Fragment(),
    ];
    const segment = tcp({ ...ports, flags: ["ack"] });
    const draft = packet(...headers(hop(6)), ...chain, segment, "");
    expect(await begun(draft)).toMatchObject({ protocol: "tcp", ...ports });
  });
});

describe("a packet that routers have to look into", () => {
  it.each([
    [
      "IPv4 options",
      () =>
        packet(
          ...headers(hop(4, { options: [{ type: "router-alert", data: new Uint8Array(2) }] })),
          udp(),
          "",
        ),
    ],
    ["a hop-by-hop header", () => packet(...headers(hop(6)), ipv6HopByHop(), udp(), "")],
  ])("is left to the stack: %s", async (_name, draft) => {
    const result = await run(draft());
    expect(result).toMatchObject({ verdict: "next", counted: ["fromPod options"] });
  });
});

type Input = Parameters<Scene["run"]>[2];

function cut(family: IpFamily, length: number): Input {
  return buildPacket(tcpPacket(hop(family))).subarray(0, length);
}

function patched(family: IpFamily, offset: number, ...bytes: readonly number[]): Input {
  const whole = buildPacket(tcpPacket(hop(family)));
  whole.set(bytes, offset);
  return whole;
}

function extensions(count: number): Input {
  const chain = Array.from({ length: count }, () => ipv6DestinationOptions());
  return packet(...headers(hop(6)), ...chain, udp(), "");
}

/** An authentication header says its length in words, less 2. */
function shortAuthentication(): Input {
  const whole = packet(...headers(hop(6)), authenticationHeader(), udp(), "12345678");
  const bytes = buildPacket(whole);
  bytes[14 + 40 + 1] = 0;
  return bytes;
}

/** An ICMP error from the other end of what the hop's packets are of. */
function errorBack(family: IpFamily): PacketDraft {
  const { source, destination } = hop(family);
  const back = { ...hop(family), source: destination, destination: source };
  return withoutLink(errorAbout(back, quotation(hop(family), udp())));
}

describe("a malformed packet is dropped:", () => {
  it.each<[string, string, () => Input]>([
    ["less IPv4 than its length says", "truncated", () => cut(4, 14 + 20 + 20 + 4)],
    ["less IPv6 than its length says", "truncated", () => cut(6, 14 + 40 + 20 + 4)],
    [
      "a TCP header cut short",
      "truncated",
      () => packet(...headers(hop(4, { protocol: "tcp" })), "0123456789"),
    ],
    [
      "a UDP header cut short",
      "truncated",
      () => packet(...headers(hop(4, { protocol: "udp" })), "0123"),
    ],
    ["IPv4 of another version", "badHeader", () => patched(4, 14, 0x65)],
    ["IPv6 of another version", "badHeader", () => patched(6, 14, 0x40)],
    [
      "IPv6 from an IPv4-mapped address",
      "badHeader",
      () => patched(6, 14 + 8, ...ipToMappedBytes(scene.web.address[4])),
    ],
    [
      "IPv6 to an IPv4-mapped address",
      "badHeader",
      () => patched(6, 14 + 24, ...ipToMappedBytes(remotePod[4])),
    ],
    ["an IPv4 header of 4 words", "badHeader", () => patched(4, 14, 0x44)],
    ["an IPv4 length below the header's", "badHeader", () => patched(4, 16, 0, 19)],
    ["a TCP header of 4 words", "badHeader", () => patched(4, 14 + 20 + 12, 0x40)],
    ["a TCP header longer than its packet", "badHeader", () => patched(4, 14 + 20 + 12, 0xf0)],
    ["TCP flags that nobody sends", "impossibleFlags", () => patched(4, 14 + 20 + 13, 0x03)],
    ["TCP without any flag", "impossibleFlags", () => patched(6, 14 + 40 + 13, 0x00)],
    [
      "a UDP length below its header's",
      "badHeader",
      () => packet(...headers(hop(4)), udp({ length: 7 }), "12345678"),
    ],
    [
      "a UDP length beyond the packet",
      "badHeader",
      () => packet(...headers(hop(6)), udp({ length: 17 }), "12345678"),
    ],
    [
      "SCTP without a chunk",
      "impossibleFlags",
      () => packet(...headers(hop(4)), sctp({ chunks: [] })),
    ],
    ["an ICMP error that quotes another", "badQuotation", () => errorAbout(hop(4), errorBack(4))],
    [
      "an ICMP error to whom did not send what it quotes",
      "badQuotation",
      () => errorAbout(hop(6), quotation(hop(6), udp())),
    ],
    ["an authentication header of 8 bytes", "badHeader", () => shortAuthentication()],
    ["a chain of 9 extension headers", "extensionHeaders", () => extensions(9)],
    [
      "a VLAN tag",
      "unknownProtocol",
      () =>
        packet(
          ethernet({ source: scene.web.mac, destination: gatewayMac }),
          vlan({ vlanId: 5 }),
          "",
        ),
    ],
    [
      "an unknown EtherType",
      "unknownProtocol",
      () =>
        packet(
          ethernet({ source: scene.web.mac, destination: gatewayMac, etherType: 0x88cc }),
          "lldp",
        ),
    ],
  ])("%s (%s)", async (_name, reason, make) => {
    const result = await run(make());
    expect(result).toMatchObject({ verdict: "drop", counted: [`fromPod ${reason}`] });
    expect(await scene.entries()).toEqual([]);
  });

  it("but a chain of 8 extension headers is not", async () => {
    expect(await run(extensions(8))).toMatchObject({ verdict: "redirect" });
  });

  it.each(ipFamilies)("never out of bounds, wherever IPv%i is cut", async (family) => {
    const whole = buildPacket(tcpPacket(hop(family)));
    // A test run takes no packet that is shorter than its IP header.
    for (let length = family === 4 ? 34 : 54; length < whole.length; length++) {
      const { verdict } = await run(whole.subarray(0, length));
      expect(verdict).toBe("drop");
    }
  });

  it.each([
    [6, "fe80::2"],
    [6, "fe80::1"],
    [6, "::"],
    [4, "0.0.0.0"],
    [4, "169.254.1.1"],
  ] as const)("IPv%i to %s, which no router forwards to", async (family, destination) => {
    const draft = tcpPacket({ ...hop(family), destination: parseIp(destination) });
    expect(await run(draft)).toMatchObject({ verdict: "drop", counted: ["fromPod linkLocal"] });
    expect(await scene.entries()).toEqual([]);
  });
});
