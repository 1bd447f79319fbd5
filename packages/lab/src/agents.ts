import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentClient, type AgentStatus, createAgentClient } from "@heddle/agent/client";
import type { ownAgentOptions } from "./check-options.ts";
import type { LabContext } from "./lab-context.ts";
import { LabError } from "./lab-error.ts";
import { processSchema, readIfThere, writeJson, writeWhole } from "./lab-folder.ts";
import { type NodePlan, netnsPath } from "./plan.ts";
import { isAlive, type ProcessRef, spawnDetached } from "./processes.ts";
import { endProcess } from "./teardown.ts";

/** Milliseconds between two looks at something that is about to happen. */
const interval = 10;

/** The socket of a node's agent. */
export function agentSocket({ folder }: LabContext, node: string): string {
  return folder.node(node, "agent.sock");
}

export function agentClient(context: LabContext, node: string): AgentClient {
  return createAgentClient(agentSocket(context, node));
}

/** The process of a node's agent, if it runs. */
export function runningAgent({ folder }: LabContext, node: string): ProcessRef | undefined {
  const ref = readIfThere(folder.node(node, "agent.json"), processSchema);
  return ref !== undefined && isAlive(ref) ? ref : undefined;
}

/** Starts the agent of a node: the real one, in the node's network namespace. */
export async function startAgent(context: LabContext, node: NodePlan): Promise<void> {
  const { folder, heddle, plan } = context;
  const config = folder.node(node.name, "agent.yaml");
  const options: Readonly<Record<string, string>> = {
    // As much as one machine has to spare for each of many nodes.
    connectionTable: "65536",
    ...plan.agentOptions,
    ...ownOptions(context, node),
  };
  const lines = Object.entries(options).map(([name, value]) => `${name}: ${value}\n`);
  writeWhole(config, lines.join(""));
  const log = folder.node(node.name, "agent.log");
  mkdirSync(dirname(log), { recursive: true });
  const { ref } = await spawnDetached({
    command: [...heddle, "agent", "--config", config],
    netns: netnsPath(node.netns),
    hostname: node.name,
    log,
  });
  writeJson(folder.node(node.name, "agent.json"), ref);
}

/** What follows from the lab. The agent finds a single device itself; of the second network it is told. */
function ownOptions(
  context: LabContext,
  { name, devices, routing }: NodePlan,
): Partial<Record<(typeof ownAgentOptions)[number], string>> {
  const { folder, plan } = context;
  const several = `[${devices.map((device) => device.name).join(", ")}]`;
  return {
    nodeName: name,
    objects: folder.objects,
    socket: agentSocket(context, name),
    pinRoot: folder.pinRoot(name),
    attachment: plan.attachment,
    proxyDevices: `[${plan.onLinkPods ? "all" : ""}]`,
    ...(devices.length === 1 ? {} : { devices: several }),
    routing,
    underlay: plan.underlay,
  };
}

/**
 * Waits until the node's agent is ready.
 *
 * @throws {LabError} `process-failed` when it has ended, with the end of its log; `not-ready`
 */
export async function untilAgentReady(context: LabContext, node: string): Promise<void> {
  const deadline = performance.now() + context.plan.patience;
  let status: AgentStatus | undefined;
  while (performance.now() < deadline) {
    status = await agentStatus(context, node);
    if (status?.ready === true) return;
    if (status === undefined && runningAgent(context, node) === undefined) {
      throw agentFailed(context, node);
    }
    await delay(interval);
  }
  const waiting = Object.entries(status?.parts ?? {}).find(([, { level }]) => level !== "ok");
  throw new LabError({
    code: "not-ready",
    operation: "wait for agent of",
    subject: node,
    reason: waiting === undefined ? "it does not answer" : `${waiting[0]}: ${waiting[1].message}`,
    hint: `heddle lab logs ${node} --name ${context.plan.name}`,
  });
}

/** What the agent says of itself; undefined when it does not answer. */
export async function agentStatus(
  context: LabContext,
  node: string,
): Promise<AgentStatus | undefined> {
  try {
    return await agentClient(context, node).status();
  } catch {
    return undefined;
  }
}

/** Stops the agent of a node and waits for its end. What it attached stays. */
export async function stopAgent(context: LabContext, node: string): Promise<void> {
  const ref = runningAgent(context, node);
  if (ref === undefined) return;
  await endProcess(ref, context.plan.patience);
}

function agentFailed({ folder, plan }: LabContext, node: string): LabError {
  const log = readFileSync(folder.node(node, "agent.log"), "utf8").trim().split("\n");
  return new LabError({
    code: "process-failed",
    operation: "start agent of",
    subject: node,
    reason: `it ended: ${log.slice(-3).join("\n")}`,
    hint: `all of it: heddle lab logs ${node} --name ${plan.name}`,
  });
}
