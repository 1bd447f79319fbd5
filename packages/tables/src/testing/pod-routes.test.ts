import { parseIp } from "@heddle/contracts";
import { collect, createTable, transaction } from "@heddle/tables";
import { describe, expect, it } from "vitest";
import { type Node, type Pod, podRoutes } from "../../examples/pod-routes.ts";

async function scene() {
  const pods = createTable<string, Pod>({ name: "pods" });
  const nodes = createTable<string, Node>({ name: "nodes" });
  const routes = collect(podRoutes(pods.changes$, nodes.changes$, "self"), { name: "routes" });
  await routes.start();
  return { pods, nodes, routes: routes.table };
}

describe("routes to pods", () => {
  it("lead to the node of the pod, and follow it", async () => {
    const { pods, nodes, routes } = await scene();
    const addresses = [parseIp("10.0.1.2"), parseIp("fd00:1::2")];
    pods.upsert("web", { node: "n1", addresses });
    expect(routes.size).toBe(0);
    nodes.upsert("n1", { address: parseIp("192.0.2.1") });
    expect(new Map(routes.entries())).toEqual(
      new Map([
        ["10.0.1.2/32", { pod: "web", nextHop: "192.0.2.1" }],
        ["fd00:1::2/128", { pod: "web", nextHop: "192.0.2.1" }],
      ]),
    );
    pods.upsert("web", { node: "self", addresses });
    expect(routes.size).toBe(0);
  });

  it("pass to the pod that has the address next without a gap", async () => {
    const { pods, nodes, routes } = await scene();
    const addresses = [parseIp("10.0.1.2")];
    for (const name of ["n1", "n2"]) nodes.upsert(name, { address: parseIp("192.0.2.1") });
    pods.upsert("old", { node: "n1", addresses });
    const kinds: string[] = [];
    routes.changes$.subscribe(({ kind }) => kinds.push(kind));
    transaction(() => {
      pods.delete("old");
      pods.upsert("new", { node: "n2", addresses });
    });
    expect(kinds).toEqual(["upsert", "upsert"]);
  });

  it("are complete only when pods and nodes are", async () => {
    const { pods, nodes, routes } = await scene();
    pods.markSynced();
    expect(routes.synced).toBe(false);
    nodes.markSynced();
    expect(routes.synced).toBe(true);
  });
});
