import {
  type Change,
  type IpPrefix,
  ipFamily,
  parseIp,
  parsePrefix,
  prefixesOverlap,
} from "@heddle/contracts";
import { createTable, type Derived, isFailure, transaction } from "@heddle/tables";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GeneveError, type TunnelNode, type TunnelPeer, tunnelPeers } from "./index.ts";

function node(name: string, addresses: readonly string[], prefixes: readonly string[]): TunnelNode {
  return {
    name,
    addresses: addresses.map(parseIp),
    podPrefixes: prefixes.map(parsePrefix),
  };
}

/** A table of nodes, what is desired of the tunnel map, and the steps in which it came to that. */
function follow(underlay: 4 | 6 = 4) {
  const nodes = createTable<string, TunnelNode>({ name: "nodes" });
  const held = new Map<IpPrefix, string>();
  const steps: string[] = [];
  const errors: Error[] = [];
  const told = (change: Change<IpPrefix, Derived<TunnelPeer>>) => {
    if (change.kind === "synced") {
      steps.push("synced");
    } else if (change.kind === "delete") {
      held.delete(change.key);
      steps.push(`- ${change.key}`);
    } else {
      if (isFailure(change.value)) errors.push(change.value.error);
      held.set(change.key, textOf(change.value));
      steps.push(`${change.key} ${textOf(change.value)}`);
    }
  };
  const subscription = tunnelPeers(nodes.changes$, { nodeName: "self", underlay }).subscribe(told);
  const add = (...added: readonly TunnelNode[]) => {
    for (const one of added) nodes.upsert(one.name, one);
  };
  return { nodes, add, held, steps, errors, subscription };
}

function textOf(value: Derived<TunnelPeer>): string {
  return isFailure(value) ? `failed: ${value.error.message}` : `${value.node} ${value.address}`;
}

const a = node("a", ["192.0.2.1", "2001:db8::1"], ["10.0.1.0/24", "fd00:1::/64"]);
const b = node("b", ["192.0.2.2", "2001:db8::2"], ["10.0.2.0/24"]);

describe("the tunnel map", () => {
  it.each([
    [4, "a 192.0.2.1"],
    [6, "a 2001:db8::1"],
  ] as const)("has the prefixes of both families by the node's IPv%i address", (family, peer) => {
    const { add, held } = follow(family);
    add(a);
    expect(held).toEqual(
      new Map([
        ["10.0.1.0/24", peer],
        ["fd00:1::/64", peer],
      ]),
    );
  });

  it("is synced when the nodes are", () => {
    const { nodes, add, steps } = follow();
    add(b);
    nodes.markSynced();
    expect(steps).toEqual(["10.0.2.0/24 b 192.0.2.2", "synced"]);
  });

  it("has nothing of this node", () => {
    const { add, held } = follow();
    add({ ...a, name: "self" });
    expect(held).toEqual(new Map());
  });

  it("loses all of a node that leaves, at once", () => {
    const { nodes, add, steps } = follow();
    add(a);
    steps.length = 0;
    nodes.delete("a");
    expect(steps).toEqual(["- 10.0.1.0/24", "- fd00:1::/64"]);
  });

  it("moves with a node's address, and does not go away in between", () => {
    const { add, steps } = follow();
    add(b);
    steps.length = 0;
    add(node("b", ["192.0.2.9"], ["10.0.2.0/24"]));
    expect(steps).toEqual(["10.0.2.0/24 b 192.0.2.9"]);
  });

  it("follows a node's prefixes", () => {
    const { add, steps } = follow();
    add(b);
    steps.length = 0;
    add({ ...b, podPrefixes: ["10.0.2.0/24", "10.0.3.0/24"].map(parsePrefix) });
    add({ ...b, podPrefixes: [parsePrefix("10.0.3.0/24")] });
    expect(steps).toEqual(["10.0.3.0/24 b 192.0.2.2", "- 10.0.2.0/24"]);
  });

  it("is not told what does not change it", () => {
    const { add, steps } = follow();
    add(b);
    add({ ...b, addresses: ["192.0.2.2", "2001:db8::99"].map(parseIp) });
    expect(steps).toHaveLength(1);
  });

  it("passes a prefix on from a node that leaves to one that comes", () => {
    const { nodes, add, held } = follow();
    add(b);
    transaction(() => {
      nodes.delete("b");
      add({ ...b, name: "c", addresses: [parseIp("192.0.2.3")] });
    });
    expect(held).toEqual(new Map([["10.0.2.0/24", "c 192.0.2.3"]]));
  });

  it("is computed for each subscriber, and no longer after its subscription", () => {
    const { nodes, add, steps, subscription } = follow();
    add(b);
    const late: string[] = [];
    tunnelPeers(nodes.changes$, { nodeName: "self", underlay: 4 }).subscribe((change) => {
      if (change.kind !== "synced") late.push(change.key);
    });
    subscription.unsubscribe();
    add(a);
    expect(late).toEqual(["10.0.2.0/24", "10.0.1.0/24", "fd00:1::/64"]);
    expect(steps).toHaveLength(1);
  });
});

describe("a prefix fails", () => {
  it("that two nodes have, naming both, until one of them gives it up", () => {
    const { nodes, add, held, errors } = follow();
    add(b, { ...b, name: "c", addresses: [parseIp("192.0.2.3")] });
    expect(held.get(parsePrefix("10.0.2.0/24"))).toBe(
      "failed: tunnel 10.0.2.0/24 to node b: node c has the same pod prefix (give each node a pod prefix of its own)",
    );
    expect(errors).toMatchObject([{ code: "conflicting-prefixes" }]);
    expect(errors[0]).toBeInstanceOf(GeneveError);
    nodes.delete("b");
    expect(held).toEqual(new Map([["10.0.2.0/24", "c 192.0.2.3"]]));
  });

  it("that lies in another node's, and that one too", () => {
    const { nodes, add, held } = follow();
    add(b, node("wide", ["192.0.2.3"], ["10.0.0.0/16"]));
    expect(held).toEqual(
      new Map([
        [
          "10.0.2.0/24",
          "failed: tunnel 10.0.2.0/24 to node b: node wide has the pod prefix 10.0.0.0/16, which shares addresses with it (give each node a pod prefix of its own)",
        ],
        [
          "10.0.0.0/16",
          "failed: tunnel 10.0.0.0/16 to node wide: node b has the pod prefix 10.0.2.0/24, which shares addresses with it (give each node a pod prefix of its own)",
        ],
      ]),
    );
    nodes.delete("wide");
    expect(held).toEqual(new Map([["10.0.2.0/24", "b 192.0.2.2"]]));
  });

  it("that is this node's own", () => {
    const { add, held } = follow();
    add({ ...b, name: "self" }, b);
    expect([...held.values()]).toEqual([
      expect.stringContaining("to node b: node self has the same pod prefix"),
    ]);
  });

  it("whose node has no address of the underlay's family", () => {
    const { add, held, errors } = follow(6);
    add(node("d", ["192.0.2.4"], ["10.0.4.0/24"]));
    expect(held.get(parsePrefix("10.0.4.0/24"))).toContain(
      "tunnel 10.0.4.0/24 to node d: it has no IPv6 address on the network between the nodes",
    );
    expect(errors).toMatchObject([{ code: "no-underlay-address" }]);
  });

  it("never because of another prefix of the same node", () => {
    const { add, held } = follow();
    add(node("d", ["192.0.2.4"], ["10.0.0.0/16", "10.0.4.0/24"]));
    expect([...held.values()]).toEqual(["d 192.0.2.4", "d 192.0.2.4"]);
  });
});

const prefixes = fc
  .constantFrom("10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/24", "10.2.0.0/16")
  .chain((text) => fc.constantFrom(text, text, "fd00::/32", "fd00:0:1::/48", "0.0.0.0/0"))
  .map(parsePrefix);
const addresses = fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1").map(parseIp);
const steps = fc.record({
  name: fc.constantFrom("a", "b", "c", "self"),
  node: fc.option(
    fc.record({
      addresses: fc.array(addresses, { maxLength: 2 }),
      podPrefixes: fc.array(prefixes, { maxLength: 3 }),
    }),
  ),
});

/** What the map comes to: a peer or the reason's code, computed from scratch. */
function fromScratch(nodes: readonly TunnelNode[]): Map<IpPrefix, string> {
  const result = new Map<IpPrefix, string>();
  for (const { name, addresses: own, podPrefixes } of nodes) {
    if (name === "self") continue;
    for (const prefix of podPrefixes) {
      const rivals = nodes.filter(
        (other) =>
          other.name !== name &&
          other.podPrefixes.some((theirs) => prefixesOverlap(theirs, prefix)),
      );
      const address = own.find((candidate) => ipFamily(candidate) === 4);
      const reached = address === undefined ? "no-underlay-address" : `${name} ${address}`;
      result.set(prefix, rivals.length > 0 ? "conflicting-prefixes" : reached);
    }
  }
  return result;
}

it("whatever nodes come, change and go, the map is what it would be from scratch", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 12 }), (all) => {
      const nodes = createTable<string, TunnelNode>({ name: "nodes" });
      const held = new Map<IpPrefix, string>();
      const mistakes: IpPrefix[] = [];
      tunnelPeers(nodes.changes$, { nodeName: "self", underlay: 4 }).subscribe((change) => {
        if (change.kind === "upsert") held.set(change.key, codeOf(change.value));
        if (change.kind === "delete" && !held.delete(change.key)) mistakes.push(change.key);
      });
      for (const { name, node: value } of all) {
        if (value === null) nodes.delete(name);
        else nodes.upsert(name, { name, ...value });
        const present = Array.from(nodes.entries(), ([, one]) => one);
        expect(held).toEqual(fromScratch(present));
      }
      expect(mistakes).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

function codeOf(value: Derived<TunnelPeer>): string {
  if (!isFailure(value)) return textOf(value);
  return value.error instanceof GeneveError ? value.error.code : value.error.message;
}
