import { join } from "node:path";
import { createAgentClient } from "@heddle/agent/client";
import { formatManifest } from "@heddle/kube-source";
import { waitUntil } from "@heddle/testing";
import { expect, it } from "vitest";
import { labFolder, writeWhole } from "./lab-folder.ts";
import { dialOnce } from "./testing/dial-all.ts";
import { agentSocketOf, createLabScene, serverPod } from "./testing/lab-scene.ts";

it("pods keep their addresses when a node's prefix is withdrawn, also from the next agent, and new pods get others", async () => {
  await using scene = await createLabScene({
    nodes: 1,
    families: [4],
    pods: serverPod("old", "node-1"),
  });
  const { lab, name, manifest, address } = scene;
  const agent = createAgentClient(agentSocketOf(scene, "node-1"));
  const prefixes = async (): Promise<string> =>
    (await agent.status()).parts["addresses"]?.message ?? "";
  const node = formatManifest("Node", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1" },
    spec: { podCIDRs: ["10.244.9.0/24"] },
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] },
  });
  writeWhole(join(labFolder(name).objects, "node-node-1.yaml"), node);
  await waitUntil("the old prefix to be drained", async () =>
    (await prefixes()).includes("10.244.1.0/24 is being drained, with 1 in use"),
  );
  await lab.apply([manifest(serverPod("new", "node-1"))]);
  expect([address("default/old", 4), address("default/new", 4)]).toEqual([
    "10.244.1.1",
    "10.244.9.1",
  ]);

  await lab.restartAgent("node-1");
  await waitUntil("both pods to be taken over", async () => {
    const rows = await agent.endpoints();
    return rows.filter(({ phase }) => phase === "ready").length === 2;
  });
  expect((await agent.status()).health).toBe("ok");
  const from = lab.probes().find((probe) => probe.name === "default/new");
  expect(await dialOnce(from?.control ?? "", address("default/old", 4), "tcp")).toBe("10.244.9.1");
  expect(await prefixes()).toBe("pods get addresses of 10.244.9.0/24");
});
