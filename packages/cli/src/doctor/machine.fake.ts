import { AgentError, type AgentStatus } from "@heddle/agent/client";
import { interfaceIndex } from "@heddle/contracts";
import type { Machine } from "./machine.ts";

const settings: Readonly<Record<string, string>> = {
  "/proc/self/status": "Name:\tnode\nCapEff:\t000001ffffffffff",
  "/proc/sys/net/ipv4/ip_forward": "1",
  "/proc/sys/net/ipv6/conf/all/forwarding": "1",
  "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0",
  "/proc/sys/net/ipv4/conf/all/rp_filter": "0",
  "/proc/sys/net/ipv4/conf/eth0/rp_filter": "2",
};

/** How the agent of the healthy machine is. */
export const readyAgent: AgentStatus = {
  node: "node-1",
  version: "1.2.3",
  pid: 4711,
  ready: true,
  health: "ok",
  parts: { datapath: { level: "ok", message: "all node devices are in place" } },
};

/** A machine on which nothing is to be found fault with, apart from what `changes` says. */
export function fakeMachine(changes: Partial<Machine> = {}): Machine {
  return {
    kernelRelease: "6.12.107+deb13-amd64",
    pinRoot: "/sys/fs/bpf/heddle",
    version: "1.2.3",
    readText: (path) => settings[path],
    fileSystem: (path) => ({ "/sys/fs/bpf": "bpf", "/sys/fs/cgroup": "cgroup2" } as const)[path],
    probe: async (feature) => ({ feature, supported: true, reason: "it is", sinceKernel: "6.6" }),
    loadAddons: async () => undefined,
    objectFiles: () => [{ path: "/pod.bpf.o", problem: undefined, needsKernelBtf: false }],
    defaultDevices: async () => [
      { index: interfaceIndex(2), name: "eth0", mtu: 1500, isEthernet: true, families: ["IPv4"] },
    ],
    programsAt: async () => [{ id: 7, name: "from_net" }],
    pinnedVersions: () => ["v1"],
    pinnedMaps: () => [
      { name: "counters", path: "/pins/counters", mismatch: undefined, isExpendable: true },
    ],
    attachments: async () => [{ path: "/pins/link", programId: 7 }],
    agentStatus: async () => readyAgent,
    ...changes,
  };
}

/** The settings of the healthy machine, with others in the place of some. */
export function withSettings(
  changes: Readonly<Record<string, string | undefined>>,
): Machine["readText"] {
  return (path) => (path in changes ? changes[path] : settings[path]);
}

/** What a client throws when no agent answers. */
export const noAgent: AgentError = new AgentError({
  code: "not-reachable",
  operation: "ask the agent",
  subject: "/run/heddle/agent.sock",
  reason: "there is no such socket",
  hint: "start the agent",
});
