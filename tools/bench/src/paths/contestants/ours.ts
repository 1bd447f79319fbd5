import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IpFamily, ipFamily } from "@heddle/contracts";
import { CounterBound, countersMap, Hook, pinsAt, Reason } from "@heddle/datapath";
import { type Lab, labDown, LabError, type LabRouting, labUp, openLab } from "@heddle/lab";
import { mountBpffs, openPinnedPerCpuMap } from "libbpf-napi";
import { repository } from "../../repository.ts";
import type { PathContestant } from "../path.ts";
import { runName } from "../wire.ts";
import { joinByWire } from "./lab-wire.ts";

/** Two pods of a lab: nodes with the real agent and its programs. */
interface OursOptions {
  readonly name: string;
  readonly family: IpFamily;
  readonly nodes: 1 | 2;
  /** @defaultValue "direct" */
  readonly routing?: LabRouting;
  readonly baseline?: string;
}

const heddle = [process.execPath, join(repository, "packages/cli/bin/heddle.js")];

function createOurs(options: OursOptions): PathContestant {
  const { name, family, nodes, routing = "direct", ...baseline } = options;
  return {
    name,
    ...baseline,
    async open(stack) {
      const lab = await bringUp(stack, family, nodes, routing);
      if (nodes === 2) await joinByWire(lab);
      const [client, server] = lab.pods().toSorted((a, b) => a.name.localeCompare(b.name));
      const address = server?.addresses.find((one) => ipFamily(one) === family);
      if (client === undefined || server === undefined || address === undefined) {
        throw new Error(`lab ${lab.name} lacks a pod, or its address`);
      }
      const packets = countHandedOn(stack, lab, nodes === 1 ? Reason.toPod : reasons[routing]);
      return { client: client.netns, server: server.netns, address, packets };
    },
  };
}

/** How packets to another node are counted. */
const reasons: Readonly<Record<LabRouting, Reason>> = {
  direct: Reason.toNeighbour,
  geneve: Reason.toTunnel,
};

async function bringUp(
  stack: AsyncDisposableStack,
  family: IpFamily,
  nodes: number,
  routing: LabRouting,
): Promise<Lab> {
  mountBpffs("/sys/fs/bpf");
  const name = `${runName}-${randomBytes(4).toString("hex")}`;
  const manifests = mkdtempSync(join(tmpdir(), "heddle-bench-"));
  stack.defer(() => rmSync(manifests, { recursive: true }));
  writeFileSync(join(manifests, "pods.yaml"), pod("client", 1) + pod("server", nodes));
  stack.defer(() => takeDown(name));
  await labUp({ name, nodes, families: [family], routing, manifests: [manifests], heddle });
  return openLab(name, heddle);
}

async function takeDown(name: string): Promise<void> {
  try {
    await labDown(name);
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== "no-such-lab") throw error;
  }
}

/** A pod that does nothing by itself. */
function pod(name: string, node: number): string {
  return `---
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: node-${String(node)}
  containers: [{ name: idle, image: none, command: [sleep, infinity] }]
`;
}

/** Reads how many packets of the first node's pods its programs have handed on, past the kernel's stack. */
function countHandedOn(
  stack: AsyncDisposableStack,
  lab: Lab,
  reason: number,
): () => Promise<number> {
  const { HEDDLE_PIN_ROOT: root = "" } = lab.onNode("node-1", []).env;
  const counters = stack.use(openPinnedPerCpuMap(pinsAt(root).map(countersMap.name), countersMap));
  const index = Hook.fromPod * CounterBound.reasons + reason;
  return () =>
    Promise.resolve(counters.fold(index, (sum, { packets }) => sum + Number(packets), 0) ?? 0);
}

export const ours: PathContestant = createOurs({ name: "ours", family: 4, nodes: 1 });
export const oursIpv6: PathContestant = createOurs({
  name: "ours-ipv6",
  family: 6,
  nodes: 1,
  baseline: "veth-ipv6",
});
export const oursTwoNodes: PathContestant = createOurs({
  name: "ours-two-nodes",
  family: 4,
  nodes: 2,
});
export const oursGeneve: PathContestant = createOurs({
  name: "ours-geneve",
  family: 4,
  nodes: 2,
  routing: "geneve",
});
