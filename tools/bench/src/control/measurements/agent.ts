// The agent as a process on a node: how long it takes to start, what it needs, and how fast pods come and go.
// A pod is asked for by its manifest, renamed into the folder that the agent watches.
import { setTimeout as delay } from "node:timers/promises";
import { createTestNetns, waitUntil } from "@heddle/testing";
import { AgentNode, type RunningAgent } from "../agent-node.ts";
import { type Measurement, megabytes, runMeasurement } from "../measurement.ts";
import { percentile } from "../percentile.ts";

/** How many pods come and go, one after the other. */
const churn = { quick: 2, thorough: 50 } as const;
/** Milliseconds after which nothing is going on that came with the start. */
const restTime = { quick: 0, thorough: 12_000 } as const;
/** Milliseconds that an idle agent is watched. */
const idleTime = { quick: 100, thorough: 10_000 } as const;

await runMeasurement(async ({ test, size, quick, own, report }) => {
  const pace = quick ? "quick" : "thorough";
  const node = await AgentNode.create(own);
  for (let index = 0; index < size; index++) {
    const { path } = await own(createTestNetns("pod"));
    node.addPod(`pod-${String(index)}`, path, addressesOf(index));
  }
  const started = performance.now();
  const agent = await node.start();
  await untilConnected(node, size);
  const connected = performance.now() - started;
  if (test === "start") {
    await measureStart(node, agent, size, { report, connected });
  } else if (test === "idle") {
    await waitUntil("devices to have tcx links", () => node.isSettled(), 60_000);
    await delay(restTime[pace]);
    const before = agent.cpuTime();
    await delay(idleTime[pace]);
    report("cpu", (100 * (agent.cpuTime() - before)) / idleTime[pace]);
    report("memory", megabytes(agent.residentMemory()));
  } else {
    await measureChurn(node, { from: size, count: churn[pace] }, { own, report });
  }
});

/** Addresses of the node's prefixes: of the pods that are there, and of those that come. */
function addressesOf(index: number): readonly string[] {
  const number = index + 10;
  return [
    `10.244.${String(number >> 8)}.${String(number & 0xff)}`,
    `fd00:10:244::${number.toString(16)}`,
  ];
}

async function untilConnected(node: AgentNode, size: number): Promise<void> {
  await waitUntil(
    `${String(size)} pods to be connected`,
    async () => {
      const rows = await node.client.endpoints();
      return rows.filter(({ phase }) => phase === "ready").length === size;
    },
    60_000,
  );
}

interface StartReport extends Pick<Measurement, "report"> {
  readonly connected: number;
}

async function measureStart(
  node: AgentNode,
  agent: RunningAgent,
  size: number,
  { report, connected }: StartReport,
): Promise<void> {
  report("ready", agent.readyAfter);
  report("connected", connected);
  report("memory", megabytes(agent.residentMemory()));
  await agent.stop();
  const again = await node.start();
  report("restart", again.readyAfter);
  await untilConnected(node, size);
  report("memory-after-restart", megabytes(again.residentMemory()));
}

async function measureChurn(
  node: AgentNode,
  { from, count }: { readonly from: number; readonly count: number },
  { own, report }: Pick<Measurement, "own" | "report">,
): Promise<void> {
  const prober = await node.startProber();
  const [added, deleted]: [number[], number[]] = [[], []];
  for (let index = from; index < from + count; index++) {
    const netns = await own(createTestNetns("pod"));
    const [address = "", ...rest] = addressesOf(index);
    const name = `pod-${String(index)}`;
    const answered = prober.untilAnswer(address);
    await delay(20);
    const asked = process.hrtime.bigint();
    node.addPod(name, netns.path, [address, ...rest]);
    added.push(Number((await answered) - asked) / 1e6);
    const gone = untilGone(node, `default/${name}`);
    await delay(20);
    const left = performance.now();
    node.deletePod(name);
    await gone;
    deleted.push(performance.now() - left);
  }
  for (const [what, times] of [
    ["add", added],
    ["delete", deleted],
  ] as const) {
    report(`${what}-p50`, percentile(times, 50));
    report(`${what}-p99`, percentile(times, 99));
  }
}

/** Resolves when the agent has taken away all that a pod had. */
async function untilGone(node: AgentNode, pod: string): Promise<void> {
  const stop = new AbortController();
  for await (const change of node.client.watchTable("endpoints", stop.signal)) {
    if (change.kind === "delete" && change.key === pod) stop.abort();
  }
}
