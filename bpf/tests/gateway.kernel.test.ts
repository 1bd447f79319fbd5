import {
  broadcastMac,
  type IpAddress,
  ipToBytes,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "@heddle/contracts";
import {
  arp,
  ethernet,
  icmpv6,
  ipv4,
  ipv6,
  matchPacket,
  packet,
  type PacketDraft,
} from "@heddle/packet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { absentPod, gatewayMac, remotePod, Scene } from "./scene.ts";

const gatewayIpv4 = parseIpv4("169.254.1.1");
const gatewayIpv6 = parseIpv6("fe80::1");
const unspecified = parseIpv6("::");
const allNodes = parseIpv6("ff02::1");

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());

const run = (draft: PacketDraft) => scene.run("fromPod", scene.web.ifindex, draft);

function request(target: string, sender: string): PacketDraft {
  return packet(
    ethernet({ source: scene.web.mac, destination: broadcastMac }),
    arp({
      operation: "request",
      senderMac: scene.web.mac,
      senderIp: parseIpv4(sender),
      targetIp: parseIpv4(target),
    }),
  );
}

const linkLocal = parseIpv6("fe80::ff:fe00:1");

function solicitation(target: IpAddress, source: IpAddress, hopLimit = 255): PacketDraft {
  const option = { type: "source-link-layer-address", address: scene.web.mac } as const;
  return packet(
    ethernet({ source: scene.web.mac, destination: parseMac("33:33:ff:00:00:01") }),
    ipv6({ source: parseIpv6(source), destination: parseIpv6("ff02::1:ff00:1"), hopLimit }),
    icmpv6({
      type: "neighbor-solicitation",
      target: parseIpv6(target),
      options: source === unspecified ? [] : [option],
    }),
  );
}

function advertisement(destination: IpAddress, solicited: boolean): PacketDraft {
  const everybody = parseMac("33:33:00:00:00:01");
  return packet(
    ethernet({ source: gatewayMac, destination: solicited ? scene.web.mac : everybody }),
    ipv6({ source: gatewayIpv6, destination: parseIpv6(destination), hopLimit: 255 }),
    icmpv6({
      type: "neighbor-advertisement",
      router: true,
      solicited,
      override: true,
      target: gatewayIpv6,
      options: [{ type: "target-link-layer-address", address: gatewayMac }],
    }),
  );
}

describe("ARP from a pod", () => {
  it.each(["10.244.1.1", "0.0.0.0"])(
    "for its gateway is answered, sent from %s",
    async (sender) => {
      const result = await run(request(gatewayIpv4, sender));
      expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod answered"] });
      const reply = packet(
        ethernet({ source: gatewayMac, destination: scene.web.mac }),
        arp({
          operation: "reply",
          senderMac: gatewayMac,
          senderIp: gatewayIpv4,
          targetMac: scene.web.mac,
          targetIp: parseIpv4(sender),
        }),
      );
      expect(matchPacket(result.packet, reply)).toEqual([]);
    },
  );

  it.each(["10.244.1.1", "0.0.0.0"])(
    "for another pod of the node is answered by its gateway, sent from %s",
    async (sender) => {
      const result = await run(request(scene.db.address[4], sender));
      expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod answered"] });
      const reply = arp({
        operation: "reply",
        senderMac: gatewayMac,
        senderIp: parseIpv4(scene.db.address[4]),
        targetMac: scene.web.mac,
        targetIp: parseIpv4(sender),
      });
      const draft = packet(ethernet({ source: gatewayMac, destination: scene.web.mac }), reply);
      expect(matchPacket(result.packet, draft)).toEqual([]);
    },
  );

  it("for its own address hears nothing, so that it may keep it", async () => {
    const result = await run(request(scene.web.address[4], "0.0.0.0"));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod arpTarget"] });
  });

  it("for anything else, or that is no request, is dropped", async () => {
    const other = await run(request(absentPod[4], "10.244.1.1"));
    expect(other).toMatchObject({ verdict: "drop", counted: ["fromPod arpTarget"] });
    const announcement = packet(
      ethernet({ source: scene.web.mac, destination: broadcastMac }),
      arp({ operation: "reply", targetIp: gatewayIpv4 }),
    );
    expect(await run(announcement)).toMatchObject({ verdict: "drop" });
  });
});

describe("neighbour discovery from a pod", () => {
  it.each([linkLocal, parseIpv6("fd00:1::1")])(
    "for its gateway is answered to %s",
    async (source) => {
      const result = await run(solicitation(gatewayIpv6, source));
      expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod answered"] });
      expect(matchPacket(result.packet, advertisement(source, true))).toEqual([]);
    },
  );

  it("that detects a duplicate of the gateway is answered to all nodes", async () => {
    const result = await run(solicitation(gatewayIpv6, unspecified));
    expect(matchPacket(result.packet, advertisement(allNodes, false))).toEqual([]);
  });

  it("that detects a duplicate of the pod's own address hears nothing", async () => {
    const result = await run(solicitation(scene.web.address[6], unspecified));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod linkControl"] });
  });

  it("for another pod of the node is answered by its gateway, as by a proxy", async () => {
    const target = parseIpv6(scene.db.address[6]);
    const result = await run(solicitation(target, linkLocal));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromPod answered"] });
    const proxied = icmpv6({
      type: "neighbor-advertisement",
      router: true,
      solicited: true,
      override: false,
      target,
      options: [{ type: "target-link-layer-address", address: gatewayMac }],
    });
    const headers = advertisement(linkLocal, true).layers.slice(0, 2);
    expect(matchPacket(result.packet, { layers: [...headers, proxied] })).toEqual([]);
  });

  it("does not leave its link, whatever other ICMPv6 its sender exchanges with the address", async () => {
    const to = { source: scene.web.address[6], destination: remotePod[6] };
    const frame = ethernet({ source: scene.web.mac, destination: gatewayMac });
    const head = [
      frame,
      ipv6({ source: parseIpv6(to.source), destination: parseIpv6(to.destination) }),
    ];
    const echo = icmpv6({ type: "echo-request" });
    expect(await run(packet(...head, echo))).toMatchObject({ counted: ["fromPod toNeighbour"] });
    const asking = icmpv6({ type: "neighbor-solicitation", target: parseIpv6(to.destination) });
    const asked = await run(packet(...head, asking));
    expect(asked).toMatchObject({ verdict: "drop", counted: ["fromPod linkControl"] });
  });

  it("in a packet of IPv4 is nothing at all", async () => {
    const frame = ethernet({ source: scene.web.mac, destination: gatewayMac });
    const source = parseIpv4(scene.web.address[4]);
    const destination = parseIpv4(remotePod[4]);
    const head = ipv4({ source, destination, protocol: "icmpv6", ttl: 255 });
    const message = Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0, ...ipToBytes(gatewayIpv6));
    const result = await run(packet(frame, head, message));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod badHeader"] });
  });

  it("for an address that nobody has hears nothing", async () => {
    const result = await run(solicitation(absentPod[6], linkLocal));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod linkControl"] });
  });

  it("that was forwarded, its hop limit not 255, is dropped", async () => {
    const result = await run(solicitation(gatewayIpv6, linkLocal, 254));
    expect(result).toMatchObject({ verdict: "drop", counted: ["fromPod hopLimit"] });
  });

  it("of a router is not answered, since the gateway's address is configured", async () => {
    const draft = packet(
      ethernet({ source: scene.web.mac, destination: parseMac("33:33:00:00:00:02") }),
      ipv6({ source: linkLocal, destination: parseIpv6("ff02::2"), hopLimit: 255 }),
      icmpv6({ type: "router-solicitation" }),
    );
    expect(await run(draft)).toMatchObject({ verdict: "drop", counted: ["fromPod linkControl"] });
  });
});
