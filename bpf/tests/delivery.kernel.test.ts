import { ipFamilies, type MacAddress, parseIp, parseIpv6, parseMac } from "@heddle/contracts";
import { NexthopKind } from "@heddle/conntrack/bpf";
import {
  arp,
  buildPacket,
  ethernet,
  icmpv6,
  ipv6,
  matchPacket,
  packet,
  vlan,
} from "@heddle/packet";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { echoPacket, type Hop, tcpPacket } from "./drafts.ts";
import { absentPod, gatewayMac, node, outside, Scene } from "./scene.ts";

const routerMac = parseMac("02:00:00:00:0f:fe");

let scene: Scene;
beforeAll(async () => (scene = await Scene.create()));
afterAll(async () => scene[Symbol.asyncDispose]());
beforeEach(async () => scene.forget());

const receive = (hop: Hop, payload?: string) =>
  scene.run("fromNet", scene.uplink, tcpPacket(hop, payload));
const send = (hop: Hop) => scene.run("toPod", scene.web.ifindex, echoPacket(hop));

describe.each(ipFamilies)("IPv%i from the network", (family) => {
  const arriving = (fields: Partial<Hop> = {}): Hop => ({
    sourceMac: routerMac,
    destinationMac: scene.uplinkMac,
    source: outside[family],
    destination: scene.web.address[family],
    ttl: 60,
    ...fields,
  });
  it("for a pod goes straight into it, one hop further", async () => {
    const hop = arriving();
    for (const packets of [1n, 2n]) {
      const result = await receive(hop);
      expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
      const delivered = { ...hop, sourceMac: gatewayMac, destinationMac: scene.web.mac, ttl: 59 };
      expect(matchPacket(result.packet, tcpPacket(delivered))).toEqual([]);
      const { original } = await scene.decided();
      expect(original).toMatchObject({
        packets,
        kind: NexthopKind.pod,
        egressIfindex: scene.web.ifindex,
      });
    }
  });

  it("for anything else is none of our business, and leaves no entry", async () => {
    for (const destination of [node[family], absentPod[family], outside[family]]) {
      const hop = arriving({ destination });
      const result = await receive(hop);
      expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
      expect(matchPacket(result.packet, tcpPacket(hop))).toEqual([]);
    }
    expect(await scene.entries()).toEqual([]);
  });

  it("for another station on the link is left alone", async () => {
    const result = await receive(arriving({ destinationMac: parseMac("02:00:00:00:00:77") }));
    expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
  });

  it("that claims to come from this node, or from no network at all, is dropped", async () => {
    const own = [scene.db.address[family], scene.web.address[family], node[family]];
    const nowhere =
      family === 4
        ? ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1"]
        : ["::", "::1", "ff02::1", "fe80::5", "fe80::1"];
    for (const source of [...own, ...nowhere.map(parseIp)]) {
      const result = await receive(arriving({ source }));
      expect([source, result]).toMatchObject([
        source,
        { verdict: "drop", counted: ["fromNet martian"] },
      ]);
    }
    expect(await scene.entries()).toEqual([]);
  });

  it("from a link-local IPv4 address is delivered, as clouds' metadata servers have them", async () => {
    if (family === 6) return;
    const result = await receive(arriving({ source: parseIp("169.254.169.254") }));
    expect(result).toMatchObject({ verdict: "redirect", counted: ["fromNet toPod"] });
  });

  it("is left to the stack where it needs an ICMP error", async () => {
    expect(await receive(arriving({ ttl: 1 }))).toMatchObject({ counted: ["fromNet ttlExpired"] });
    const large = await receive(arriving(), "x".repeat(1500));
    expect(large).toMatchObject({ verdict: "next", counted: ["fromNet tooBig"] });
  });
});

describe.each(ipFamilies)("IPv%i that is cut short", (family) => {
  const whole = (destinationMac: MacAddress): Uint8Array => {
    const [source, destination] = [outside[family], scene.web.address[family]];
    return buildPacket(
      tcpPacket({ sourceMac: routerMac, destinationMac, source, destination, ttl: 60 }),
    );
  };

  it("from the network is left to the kernel's own checks, wherever it is cut", async () => {
    const bytes = whole(scene.uplinkMac);
    for (let length = family === 4 ? 34 : 54; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const { verdict } = await scene.run("fromNet", scene.uplink, cut);
      expect(verdict).toBe("next");
    }
    expect(await scene.entries()).toEqual([]);
  });

  it("from the node's stack is dropped, wherever it is cut", async () => {
    const bytes = whole(scene.web.mac);
    for (let length = family === 4 ? 34 : 54; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const { verdict } = await scene.run("toPod", scene.web.ifindex, cut);
      expect(verdict).toBe("drop");
    }
    expect(await scene.entries()).toEqual([]);
  });
});

it("a VLAN's frame from the network is left alone", async () => {
  const draft = packet(
    ethernet({ source: routerMac, destination: scene.uplinkMac }),
    vlan({ vlanId: 7 }),
    "x",
  );
  const result = await scene.run("fromNet", scene.uplink, draft);
  expect(result).toMatchObject({ verdict: "next", counted: ["fromNet passed"] });
});

it("what goes to the network is counted and left alone", async () => {
  const hop = {
    sourceMac: scene.uplinkMac,
    destinationMac: routerMac,
    source: node[4],
    destination: outside[4],
  };
  const result = await scene.run("toNet", scene.uplink, echoPacket(hop));
  expect(result).toMatchObject({ verdict: "next", counted: ["toNet passed"] });
});

describe.each(ipFamilies)("IPv%i from the node's stack", (family) => {
  const sent = (destination = scene.web.address[family]): Hop => ({
    sourceMac: gatewayMac,
    destinationMac: scene.web.mac,
    source: node[family],
    destination,
    ttl: 1,
  });
  it("reaches the pod untouched", async () => {
    const first = await send(sent());
    expect(first).toMatchObject({ verdict: "next", counted: ["toPod toStack"] });
    const second = await send(sent());
    expect(second).toMatchObject({ verdict: "next", counted: ["toPod passed"] });
    expect(matchPacket(second.packet, echoPacket(sent()))).toEqual([]);
  });

  it("is dropped when it is in the name of a pod that did not send it", async () => {
    const forged = { ...sent(), source: scene.db.address[family] };
    const result = await send(forged);
    expect(result).toMatchObject({ verdict: "drop", counted: ["toPod martian"] });
    const ingress = { ingressIfindex: scene.db.ifindex };
    const own = await scene.run("toPod", scene.web.ifindex, echoPacket(forged), ingress);
    expect(own).toMatchObject({ verdict: "next", counted: ["toPod toStack"] });
  });

  it("for another address than the pod's is dropped", async () => {
    for (const destination of [scene.db.address[family], absentPod[family]]) {
      const result = await send(sent(destination));
      expect(result).toMatchObject({ verdict: "drop", counted: ["toPod wrongPod"] });
    }
  });
});

describe("what the node says to its pod on the link", () => {
  it("is left alone: ARP and neighbour discovery", async () => {
    const frame = ethernet({ source: gatewayMac, destination: scene.web.mac });
    const asked = await scene.run("toPod", scene.web.ifindex, packet(frame, arp({})));
    expect(asked).toMatchObject({ verdict: "next", counted: ["toPod passed"] });
    const solicitation = packet(
      frame,
      ipv6({ destination: parseIpv6("ff02::1:ff00:1"), hopLimit: 255 }),
      icmpv6({ type: "neighbor-solicitation", target: parseIpv6("fd00:1::1") }),
    );
    const solicited = await scene.run("toPod", scene.web.ifindex, solicitation);
    expect(solicited).toMatchObject({ verdict: "next", counted: ["toPod passed"] });
  });
});
