import { interfaceIndex } from "@heddle/contracts";
import { BpfError, type FeatureName } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { examine } from "./examine.ts";
import { formatDiagnoses } from "./format-diagnoses.ts";
import type { Machine } from "./machine.ts";
import { fakeMachine, noAgent, readyAgent, withSettings } from "./machine.fake.ts";

/** What is not ok on a machine with these changes. */
async function troubles(changes: Partial<Machine>) {
  const diagnoses = await examine(fakeMachine(changes));
  return diagnoses.filter(({ level }) => level !== "ok");
}

function lacking(feature: FeatureName, reason: string): Machine["probe"] {
  return async (asked) => ({
    feature: asked,
    supported: asked !== feature,
    reason: asked === feature ? reason : "it is",
    sinceKernel: "6.6",
  });
}

const device = { index: interfaceIndex(2), name: "eth0", mtu: 1500, families: ["IPv4"] };
const denied = new BpfError({
  code: "not-permitted",
  operation: "open pin",
  subject: "counters",
  reason: "operation not permitted",
});
const without = (root: string) => ({
  readText: withSettings({ "/proc/self/status": `CapEff:\t${root}` }),
});

describe("the doctor", () => {
  it("finds no fault with a machine that has everything", async () => {
    const diagnoses = await examine(fakeMachine());
    expect(diagnoses.map(({ check }) => check)).toHaveLength(21);
    expect(diagnoses.filter(({ level }) => level !== "ok")).toEqual([]);
  });

  it.each<[string, Partial<Machine>, string, "warn" | "fail", RegExp, RegExp]>([
    ["no root", without("0"), "capabilities", "fail", /CAP_BPF/, /as root/],
    [
      "an old kernel",
      { kernelRelease: "6.1.0-47-amd64" },
      "kernel",
      "warn",
      /6\.1\.0-47-amd64 is older than 6\.6: Heddle works/,
      /Debian 13 has/,
    ],
    [
      "a kernel that is too old",
      { kernelRelease: "6.0.19" },
      "kernel",
      "fail",
      /older than 6\.1/,
      /install a newer kernel/,
    ],
    [
      "a kernel without tcx",
      { probe: lacking("tcx", "EINVAL") },
      "tcx",
      "warn",
      /^EINVAL: programs are attached as filters/,
      /NET_XGRESS/,
    ],
    [
      "no ring buffers",
      { probe: lacking("ringbuf", "EINVAL") },
      "ring buffers",
      "fail",
      /EI/,
      /5\.8/,
    ],
    [
      "no BTF, which nothing needs",
      { probe: lacking("kernel-btf", "no file") },
      "kernel BTF",
      "warn",
      /no file/,
      /DEBUG_INFO_BTF/,
    ],
    [
      "no BTF, which the objects need",
      {
        probe: lacking("kernel-btf", "no file"),
        objectFiles: () => [{ path: "/a.bpf.o", problem: undefined, needsKernelBtf: true }],
      },
      "kernel BTF",
      "fail",
      /cannot be fitted/,
      /DEBUG_INFO_BTF/,
    ],
    [
      "no JIT",
      { probe: lacking("jit", "off") },
      "JIT",
      "warn",
      /several times/,
      /bpf_jit_enable=1/,
    ],
    ["no netkit", { probe: lacking("netkit", "EINVAL") }, "netkit", "warn", /veth/, /nothing has/],
    [
      "no bpffs",
      { fileSystem: (path) => (path === "/sys/fs/cgroup" ? "cgroup2" : "other") },
      "BPF file system",
      "fail",
      /outlive the agent/,
      /^mount -t bpf bpf \/sys\/fs\/bpf$/,
    ],
    [
      "cgroup v1",
      { fileSystem: (path) => (path === "/sys/fs/bpf" ? "bpf" : "other") },
      "cgroups",
      "warn",
      /not mounted/,
      /unified_cgroup_hierarchy/,
    ],
    [
      "no forwarding",
      { readText: withSettings({ "/proc/sys/net/ipv4/ip_forward": "0" }) },
      "IPv4 forwarding",
      "warn",
      /is 0/,
      /^sysctl -w net\.ipv4\.ip_forward=1$/,
    ],
    [
      "a kernel without IPv6",
      { readText: withSettings({ "/proc/sys/net/ipv6/conf/all/disable_ipv6": undefined }) },
      "IPv6",
      "warn",
      /no IPv6/,
      /ipv6\.disable=1/,
    ],
    [
      "a strict reverse path filter",
      { readText: withSettings({ "/proc/sys/net/ipv4/conf/eth0/rp_filter": "1" }) },
      "reverse path filter",
      "warn",
      /strict on eth0/,
      /net\.ipv4\.conf\.eth0\.rp_filter=2/,
    ],
    [
      "no default route",
      { defaultDevices: async () => [] },
      "default route",
      "warn",
      /no/,
      /--devices/,
    ],
    [
      "a tunnel as default route",
      { defaultDevices: async () => [{ ...device, isEthernet: false }] },
      "default route",
      "warn",
      /no Ethernet device/,
      /--devices/,
    ],
    [
      "a small MTU",
      { defaultDevices: async () => [{ ...device, isEthernet: true, mtu: 576 }] },
      "default route",
      "warn",
      /IPv6 needs 1280/,
      /ip link set eth0 mtu 1280/,
    ],
    [
      "another's program",
      { programsAt: async () => [{ id: 9, name: "cil_from_netdev" }] },
      "other programs",
      "warn",
      /cil_from_netdev \(id 9\)/,
      /bpftool net show dev eth0/,
    ],
    [
      "another release's pins",
      { pinnedVersions: () => ["v0", "v1"] },
      "pinned versions",
      "warn",
      /v0 of another release/,
      /rm -r \/sys\/fs\/bpf\/heddle\/v0$/,
    ],
    [
      "a map of another layout that is kept",
      {
        pinnedMaps: () => [
          { name: "endpoints", path: "/p", mismatch: "value field mtu", isExpendable: false },
        ],
      },
      "pinned maps",
      "fail",
      /refuse to start: map endpoints differs in value field mtu/,
      /start the release/,
    ],
    [
      "a map of another layout that is a cache",
      {
        pinnedMaps: () => [
          { name: "counters", path: "/p", mismatch: "key size", isExpendable: true },
        ],
      },
      "pinned maps",
      "warn",
      /counters differs in key size/,
      /replaces it/,
    ],
    [
      "a link of a device that is gone",
      { attachments: async () => [{ path: "/pins/dead", programId: undefined }] },
      "attachments",
      "warn",
      /1 of 1 attachments/,
      /rm -r \/pins\/dead/,
    ],
    [
      "an object that is cut short",
      { objectFiles: () => [{ path: "/a.bpf.o", problem: "cut short", needsKernelBtf: false }] },
      "object files",
      "fail",
      /\/a\.bpf\.o: cut short/,
      /npx nx run bpf:bpf/,
    ],
    [
      "no agent",
      { agentStatus: () => Promise.reject(noAgent) },
      "agent",
      "warn",
      /no agent answers/,
      /start the agent/,
    ],
    [
      "an agent of another release",
      { agentStatus: async () => ({ ...readyAgent, version: "1.0.0" }) },
      "agent",
      "warn",
      /release 1\.0\.0, this command of 1\.2\.3/,
      /restart/,
    ],
    [
      "an agent that has failed",
      {
        agentStatus: async () => ({
          ...readyAgent,
          health: "failed",
          parts: { datapath: { level: "failed", message: "no tcx" } },
        }),
      },
      "agent",
      "fail",
      /failed: datapath: no tcx/,
      /heddle status/,
    ],
    [
      "what only root may see",
      {
        pinnedMaps: () => {
          throw denied;
        },
      },
      "pinned maps",
      "warn",
      /without root/,
      /heddle doctor as root/,
    ],
    [
      "a check that is broken",
      { defaultDevices: () => Promise.reject(new TypeError("a fault")) },
      "default route",
      "warn",
      /cannot be checked: a fault/,
      /report this/,
    ],
  ])("tells of %s, and how to put it right", async (_name, changes, check, level, reason, fix) => {
    const found = await troubles(changes);
    const finding = found.find((one) => one.check === check);
    expect(finding).toMatchObject({ level });
    if (finding === undefined || finding.level === "ok") return;
    expect(finding.reason).toMatch(reason);
    expect(finding.fix).toMatch(fix);
  });

  it("prints each fix below what it fixes, and how many there are", async () => {
    const diagnoses = await examine(fakeMachine({ kernelRelease: "5.10.0" }));
    const text = formatDiagnoses(diagnoses, (_colour, word) => word);
    const lines = text.split("\n");
    const line = lines.findIndex((one) => one.startsWith("fail"));
    expect(lines[line]).toMatch(/^fail +kernel +Linux 5\.10\.0 is older/);
    expect(lines[line + 1]).toMatch(/^ +fix: install a newer kernel/);
    expect(lines.at(-1)).toBe("20 ok, 0 to look at, 1 failed");
  });
});
