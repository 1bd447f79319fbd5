import { describe, expect, it } from "vitest";
import { LabError } from "./lab-error.ts";
import type { LabOptions } from "./lab-options.ts";
import { hostsOf, type HostPlan, planLab } from "./plan.ts";
import { parseAgentOptions, parseFamilies, parseNodeMtus } from "./read-options.ts";

const plain: LabOptions = { name: "t", nodes: 2, families: [4, 6] };

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof LabError && error.code === "bad-option") return error.message;
    throw error;
  }
  return "nothing was refused";
}

/** `eth0 main 1500 192.0.2.1/24 2001:db8::1/64` for each device. */
function devicesOf(host: HostPlan | undefined): readonly string[] {
  return (host?.devices ?? []).map(({ name, network, mtu, addresses }) =>
    [
      `${name} ${network} ${String(mtu)}`,
      ...addresses.map(({ address, prefixLength }) => `${address}/${String(prefixLength)}`),
    ].join(" "),
  );
}

function routesOf(host: HostPlan | undefined): readonly string[] {
  return (host?.routes ?? []).map(({ destination, gateway }) => `${destination} via ${gateway}`);
}

describe("a lab's plan", () => {
  it("has one network unless it is asked for more", () => {
    const { networks, nodes, outside, routers } = planLab(plain);
    expect(networks.map(({ name, mtu }) => [name, mtu])).toEqual([["main", 1500]]);
    expect(nodes.map(devicesOf)).toEqual([
      ["eth0 main 1500 192.0.2.1/24 2001:db8::1/64"],
      ["eth0 main 1500 192.0.2.2/24 2001:db8::2/64"],
    ]);
    expect(routesOf(nodes[0])).toEqual(["0.0.0.0/0 via 192.0.2.254", "::/0 via 2001:db8::fe"]);
    expect(devicesOf(outside)).toEqual(["eth0 main 1500 192.0.2.254/24 2001:db8::fe/64"]);
    expect(routesOf(outside)).toEqual([
      "10.244.1.0/24 via 192.0.2.1",
      "fd00:10:244:1::/64 via 2001:db8::1",
      "10.244.2.0/24 via 192.0.2.2",
      "fd00:10:244:2::/64 via 2001:db8::2",
    ]);
    expect(routers).toEqual([]);
  });

  it("leads IPv4 over a network of IPv6, also to the host outside", () => {
    const { nodes, outside } = planLab({ ...plain, underlay: [6] });
    expect(nodes.map(({ addresses }) => addresses)).toEqual([["2001:db8::1"], ["2001:db8::2"]]);
    expect(routesOf(nodes[0])).toEqual([
      "192.0.2.254/32 via 2001:db8::fe",
      "0.0.0.0/0 via 2001:db8::fe",
      "::/0 via 2001:db8::fe",
    ]);
    expect(outside.addresses).toEqual(["2001:db8::fe", "192.0.2.254"]);
    expect(routesOf(outside)).toContain("10.244.2.0/24 via 2001:db8::2");
  });

  it("has a second network that everybody is on, with no route by it", () => {
    const { nodes, outside, networks } = planLab({ ...plain, families: [4], links: 2 });
    expect(networks.map(({ name }) => name)).toEqual(["main", "second"]);
    expect(devicesOf(nodes[1])).toEqual([
      "eth0 main 1500 192.0.2.2/24",
      "eth1 second 1500 198.51.100.2/24",
    ]);
    expect(nodes[1]?.addresses).toEqual(["192.0.2.2"]);
    expect(devicesOf(outside)[1]).toBe("eth1 second 1500 198.51.100.254/24");
    expect([...nodes, outside].flatMap(routesOf).join()).not.toContain("198.51");
  });

  it("has routers and a narrow link between two halves", () => {
    const plan = planLab({ ...plain, nodes: 3, families: [4], narrow: 1300 });
    expect(plan.networks.map(({ name, mtu }) => [name, mtu])).toEqual([
      ["main", 1500],
      ["back", 1500],
      ["middle", 1300],
    ]);
    expect(hostsOf(plan).map((host) => [host.name].concat(devicesOf(host)))).toEqual([
      ["node-1", "eth0 main 1500 192.0.2.1/24"],
      ["node-2", "eth0 main 1500 192.0.2.2/24"],
      ["node-3", "eth0 back 1500 203.0.113.3/24"],
      ["outside", "eth0 back 1500 203.0.113.254/24"],
      ["router-1", "eth0 main 1500 192.0.2.252/24", "eth1 middle 1300 198.18.0.252/24"],
      ["router-2", "eth0 back 1500 203.0.113.253/24", "eth1 middle 1300 198.18.0.253/24"],
    ]);
    const [first, , third] = plan.nodes;
    expect(routesOf(first)).toEqual(["0.0.0.0/0 via 192.0.2.252"]);
    expect(routesOf(third)).toEqual(["0.0.0.0/0 via 203.0.113.253"]);
    expect(routesOf(plan.outside)).toEqual([
      "10.244.1.0/24 via 203.0.113.253",
      "10.244.2.0/24 via 203.0.113.253",
      "10.244.3.0/24 via 203.0.113.3",
      "192.0.2.0/24 via 203.0.113.253",
    ]);
    expect(routesOf(plan.routers[0])).toEqual([
      "10.244.1.0/24 via 192.0.2.1",
      "10.244.2.0/24 via 192.0.2.2",
      "10.244.3.0/24 via 198.18.0.253",
      "203.0.113.0/24 via 198.18.0.253",
    ]);
  });

  it("gives single nodes an MTU of their own", () => {
    const { nodes } = planLab({ ...plain, mtu: 9000, nodeMtus: { "node-2": 1400 } });
    expect(nodes.map(({ devices }) => devices[0]?.mtu)).toEqual([9000, 1400]);
  });

  it.each<[string, Partial<LabOptions>, string]>([
    ["no node", { nodes: 0 }, "nodes 0: it is a whole number from 1 to 32"],
    ["half a node", { nodes: 1.5 }, "nodes 1.5: it is a whole number"],
    ["no family", { families: [] }, "family: it is IPv4, IPv6 or both"],
    ["a family twice", { families: [4, 4] }, "family: it is IPv4, IPv6 or both"],
    ["no underlay", { underlay: [] }, "underlay: it is IPv4, IPv6 or both"],
    [
      "IPv6 pods over IPv4",
      { underlay: [4] },
      "underlay ipv4: the pods have IPv6, and no route to an IPv6 prefix has an IPv4 next hop (choose underlay dual or ipv6, family ipv4, or routing geneve)",
    ],
    ["a tiny mtu", { mtu: 1279 }, "mtu 1279: it is a whole number from 1280 to 65535, in bytes"],
    ["a huge mtu", { mtu: 65_536 }, "mtu 65536: it is"],
    [
      "a node's mtu above the network's",
      { nodeMtus: { "node-1": 1501 } },
      "node-mtu node-1 1501: it is a whole number from 1280 to 1500, in bytes",
    ],
    [
      "an unknown node's mtu",
      { nodeMtus: { "node-3": 1400 } },
      "node-mtu node-3=1400: the lab does not have that node (it has node-1, node-2)",
    ],
    ["three links", { links: 3 }, "links 3: it is a whole number from 1 to 2"],
    [
      "a narrow link that is none",
      { narrow: 1500 },
      "narrow 1500: it is a whole number from 1280 to 1499",
    ],
    [
      "nothing narrower",
      { mtu: 1280, narrow: 1280 },
      "narrow: nothing is narrower than mtu 1280 (choose a larger mtu)",
    ],
    [
      "an option of agents that the lab has",
      { agentOptions: { routing: "geneve" } },
      "agent-option routing=geneve: the lab says that to its agents itself",
    ],
    [
      "an option of agents that is more than one",
      { agentOptions: { masquerade: "off\nrouting: geneve" } },
      'agent-option "masquerade=off\\nrouting: geneve": the name is of letters, and the value is one line',
    ],
    ["no time", { timeout: 0 }, "timeout 0: it is a whole number from 1 to 3600, in seconds"],
  ])("is refused for %s", (_name, options, message) => {
    expect(refusal(() => planLab({ ...plain, ...options }))).toContain(`plan lab with ${message}`);
  });

  it.each([
    [() => parseFamilies("both"), 'family "both": it is dual, ipv4 or ipv6'],
    [() => parseFamilies("4", "underlay"), 'underlay "4": it is dual, ipv4 or ipv6'],
    [
      () => parseNodeMtus(["node-1"]),
      'node-mtu "node-1": it is not NODE=BYTES (as in node-1=1400)',
    ],
    [() => parseNodeMtus(["a=1", "a=2"]), "node-mtu a=2: a has an MTU already"],
    [
      () => parseAgentOptions(["off"]),
      'agent-option "off": it is not NAME=VALUE (as in masquerade=off)',
    ],
    [() => parseAgentOptions(["a=1", "a=2"]), "agent-option a=2: a has a value already"],
  ])("is not read from what it is not: %s", (action, message) => {
    expect(refusal(action)).toContain(message);
  });

  it("is read from what it is", () => {
    expect(parseNodeMtus(["node-1=1400", "node-2=1300"])).toEqual({
      "node-1": 1400,
      "node-2": 1300,
    });
    expect(parseFamilies("ipv6", "underlay")).toEqual([6]);
    expect(parseAgentOptions(["masquerade=off", "masqueradeExclude=[]"])).toEqual({
      masquerade: "off",
      masqueradeExclude: "[]",
    });
  });
});
