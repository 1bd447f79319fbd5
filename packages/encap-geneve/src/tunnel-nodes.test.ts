import { type Change, parseIp, parsePrefix } from "@heddle/contracts";
import { createTable } from "@heddle/tables";
import { expect, it } from "vitest";
import { type TunnelNode, tunnelNodes, type TunnelPeer } from "./index.ts";

const node = (name: string, ...addresses: readonly string[]): TunnelNode => ({
  name,
  addresses: addresses.map(parseIp),
  podPrefixes: [parsePrefix("10.1.0.0/24")],
});

it("other nodes are known by all their addresses, for as long as they have them", () => {
  const nodes = createTable<string, TunnelNode>({ name: "nodes" });
  const seen: string[] = [];
  const tell = (change: Change<string, TunnelPeer>): void => {
    const to = change.kind === "upsert" ? ` ${change.value.node} ${change.value.address}` : "";
    seen.push(change.kind === "synced" ? "synced" : `${change.kind} ${change.key}${to}`);
  };
  const take = (): readonly string[] => seen.splice(0);
  tunnelNodes(nodes.changes$, { nodeName: "self", underlay: 4 }).subscribe(tell);
  nodes.upsert("self", node("self", "192.0.2.9"));
  nodes.upsert("a", node("a", "192.0.2.1", "2001:db8::1"));
  nodes.markSynced();
  expect(take()).toEqual([
    "upsert 192.0.2.1 a 192.0.2.1",
    "upsert 2001:db8::1 a 192.0.2.1",
    "synced",
  ]);
  // Another address: what led to the old one leads to it.
  nodes.upsert("a", node("a", "192.0.2.2", "2001:db8::1"));
  expect(take()).toEqual([
    "delete 192.0.2.1",
    "upsert 2001:db8::1 a 192.0.2.2",
    "upsert 192.0.2.2 a 192.0.2.2",
  ]);
  // A second node claims it, without avail for as long as the first has it.
  nodes.upsert("b", node("b", "192.0.2.2"));
  expect(take()).toEqual([]);
  nodes.delete("a");
  expect(take()).toEqual(["upsert 192.0.2.2 b 192.0.2.2", "delete 2001:db8::1"]);
  // Without an address of the underlay's family there is no tunnel.
  nodes.upsert("b", node("b", "2001:db8::2"));
  expect(take()).toEqual(["delete 192.0.2.2"]);
});
