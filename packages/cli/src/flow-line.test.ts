import type { FlowLine } from "@heddle/agent/client";
import { describe, expect, it } from "vitest";
import { formatFlow } from "./flow-line.ts";
import { painter } from "./paint.ts";

/** Of the clock on the wall here, wherever that is. */
const time = new Date(2026, 0, 2, 3, 4, 5, 67).toISOString();

const drop: FlowLine = {
  time,
  node: "n1",
  outcome: "dropped",
  reason: "spoofedAddress",
  hook: "fromPod",
  device: "hd1",
  pod: "shop/cart",
  source: { address: "10.0.0.9", port: 34_512, name: undefined },
  destination: { address: "10.244.1.7", port: 80, name: "shop/web" },
  summary: "10.0.0.9:34512 > 10.244.1.7:80 TCP SYN",
  length: 74,
};

const plain = painter({ colours: false });

describe("a line about a packet", () => {
  it.each<[string, Partial<FlowLine>, string]>([
    [
      "names whom it knows",
      {},
      "03:04:05.067 dropped   spoofedAddress   10.0.0.9:34512 -> shop/web:80 TCP SYN at hd1 fromPod of shop/cart",
    ],
    [
      "tells ports from IPv6 addresses",
      {
        outcome: "forwarded",
        reason: "toPod",
        source: { address: "fd00::1", port: 5, name: undefined },
        destination: { address: "fd00::2", port: 6, name: undefined },
        summary: "[fd00::1]:5 > [fd00::2]:6 UDP length 4",
      },
      "03:04:05.067 forwarded toPod            [fd00::1]:5 -> [fd00::2]:6 UDP length 4 at hd1 fromPod of shop/cart",
    ],
    [
      "leaves out ports that there are none of",
      {
        source: { address: "10.0.0.1", port: undefined, name: "node/n1" },
        destination: { address: "10.0.0.2", port: undefined, name: undefined },
        summary: "10.0.0.1 > 10.0.0.2 ICMP echo request",
      },
      "03:04:05.067 dropped   spoofedAddress   node/n1 -> 10.0.0.2 ICMP echo request at hd1 fromPod of shop/cart",
    ],
    [
      "keeps a summary that begins otherwise",
      { summary: "VLAN 7 lldp" },
      "03:04:05.067 dropped   spoofedAddress   10.0.0.9:34512 -> shop/web:80 VLAN 7 lldp at hd1 fromPod of shop/cart",
    ],
    [
      "is the summary where there is no IP header",
      { source: undefined, destination: undefined, summary: "ARP who has 10.0.0.1, tell 10.0.0.2" },
      "03:04:05.067 dropped   spoofedAddress   ARP who has 10.0.0.1, tell 10.0.0.2 at hd1 fromPod of shop/cart",
    ],
    [
      "names no pod at a device of the node",
      { device: "eth0", hook: "fromNet", pod: undefined },
      "03:04:05.067 dropped   spoofedAddress   10.0.0.9:34512 -> shop/web:80 TCP SYN at eth0 fromNet",
    ],
    [
      "tells what a later release calls otherwise",
      { outcome: "mirrored", reason: undefined, hook: undefined },
      "03:04:05.067 mirrored  -                10.0.0.9:34512 -> shop/web:80 TCP SYN at hd1 - of shop/cart",
    ],
  ])("%s", (_, change, line) => {
    expect(formatFlow({ ...drop, ...change }, plain)).toBe(line);
  });

  it("is coloured by the outcome where colours are wanted", () => {
    const paint = painter({ colours: true });
    expect(formatFlow(drop, paint)).toContain("\u001B[31mdropped  \u001B[39m");
    expect(formatFlow({ ...drop, outcome: "forwarded" }, paint)).toContain("\u001B[32mforwarded");
  });
});
