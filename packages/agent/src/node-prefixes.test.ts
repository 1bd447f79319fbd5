import {
  createManualClock,
  type IpPrefix,
  parseIp,
  parsePrefix,
  silentLogger,
} from "@heddle/contracts";
import { createIpam } from "@heddle/ipam";
import type { ClusterNode } from "@heddle/routing";
import { createTable } from "@heddle/tables";
import { beforeEach, describe, expect, it } from "vitest";
import { createNodePrefixes } from "./node-prefixes.ts";

const nodes = createTable<string, ClusterNode>({ name: "nodes" });
let ipam = createIpam({ clock: createManualClock() }, { prefixes: [] });
let prefixes = createNodePrefixes({ nodes$: nodes.changes$, ipam, logger: silentLogger }, "n1");

beforeEach(async () => {
  ipam = createIpam({ clock: createManualClock() }, { prefixes: [] });
  prefixes = createNodePrefixes({ nodes$: nodes.changes$, ipam, logger: silentLogger }, "n1");
  const starting = prefixes.start();
  node("10.0.0.0/24", "fd00::/64");
  await starting;
  return () => prefixes.close();
});

function node(...podCidrs: readonly string[]): void {
  const podPrefixes: IpPrefix[] = podCidrs.map(parsePrefix);
  nodes.upsert("n1", { name: "n1", addresses: [], podPrefixes });
  nodes.upsert("n2", { name: "n2", addresses: [], podPrefixes: [parsePrefix("10.9.0.0/24")] });
}

const held = () => ipam.usage$.value.map(({ prefix }) => prefix);

describe("the node's prefixes", () => {
  it("are those of its Node object", () => {
    expect(held()).toEqual(["10.0.0.0/24", "fd00::/64"]);
    expect(prefixes.health$.value).toEqual({
      level: "ok",
      message: "pods get addresses of 10.0.0.0/24, fd00::/64",
    });
  });

  it("go when they are withdrawn, at once or with their last pod", () => {
    ipam.allocate("default/a", [4, 6]);
    node("10.0.1.0/24");
    expect(ipam.allocate("default/b", [4]).addresses).toEqual(["10.0.1.1"]);
    expect(ipam.ownerOf(parseIp("10.0.0.1"))).toBe("default/a");
    expect(prefixes.health$.value).toEqual({
      level: "ok",
      message:
        "pods get addresses of 10.0.1.0/24; 10.0.0.0/24 is being drained, with 1 in use; fd00::/64 is being drained, with 1 in use",
    });
    ipam.release("default/a");
    expect(held()).toEqual(["10.0.1.0/24"]);
    expect(prefixes.health$.value.message).toBe("pods get addresses of 10.0.1.0/24");
  });

  it("are shown with their use, as long as they are there", () => {
    const shown = () =>
      Object.fromEntries(Array.from(prefixes.usage.entries(), ([key, { used }]) => [key, used]));
    ipam.allocate("default/a", [4]);
    expect(prefixes.usage.synced).toBe(true);
    expect(shown()).toEqual({ "10.0.0.0/24": 1, "fd00::/64": 0 });
    node("10.0.1.0/24");
    ipam.release("default/a");
    expect(shown()).toEqual({ "10.0.1.0/24": 0 });
  });

  it("come back while they are drained", () => {
    ipam.allocate("default/a", [4]);
    node("10.0.1.0/24");
    node("10.0.0.0/24");
    expect(held()).toEqual(["10.0.0.0/24"]);
    expect(ipam.allocate("default/b", [4]).addresses).toEqual(["10.0.0.2"]);
  });

  it("wait for one that they overlap to be drained", () => {
    ipam.allocate("default/a", [4]);
    node("10.0.0.0/16");
    expect(prefixes.health$.value.level).toBe("degraded");
    expect(prefixes.health$.value.message).toContain("which overlaps it");
    ipam.release("default/a");
    expect(held()).toEqual(["10.0.0.0/16"]);
    expect(prefixes.health$.value.level).toBe("ok");
  });

  it("are missed when there are none any more", () => {
    node();
    expect([held(), prefixes.health$.value]).toEqual([
      [],
      { level: "degraded", message: "the Node object has no podCIDRs" },
    ]);
  });
});
