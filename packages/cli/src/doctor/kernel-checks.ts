import { type Check, fail, ok, warn } from "./finding.ts";
import type { Machine } from "./machine.ts";

/** CAP_SYS_ADMIN of linux/capability.h, which stands for some others too. */
const sysAdmin = 21n;

/** Bits of capabilities, and what the agent needs each for. */
const capabilities = [
  { name: "CAP_NET_ADMIN", bits: [12n], purpose: "attach programs, set up devices and routes" },
  { name: "CAP_BPF", bits: [39n, sysAdmin], purpose: "load programs and maps" },
  { name: "CAP_PERFMON", bits: [38n, sysAdmin], purpose: "load programs that compare pointers" },
  { name: "CAP_SYS_ADMIN", bits: [sysAdmin], purpose: "enter the network namespaces of pods" },
] as const;

/** Whether this process could be the agent. */
export const checkCapabilities: Check = (machine) => {
  const held = effectiveCapabilities(machine);
  const missing = capabilities.filter(({ bits }) =>
    bits.every((bit) => ((held >> bit) & 1n) === 0n),
  );
  if (missing.length === 0) return ok("this process has all that the agent needs");
  const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(", ");
  return fail(`this process lacks ${list}`, "run heddle as root, or grant it these capabilities");
};

/** `CapEff` of proc_pid_status(5). */
function effectiveCapabilities(machine: Machine): bigint {
  const status = machine.readText("/proc/self/status") ?? "";
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
}

/** Whether the kernel is one that Heddle is made for: 6.6, or with the reduced profile 6.1. */
export const checkKernel: Check = ({ kernelRelease }) => {
  if (isSince(kernelRelease, 6, 6)) return ok(`Linux ${kernelRelease}; 6.6 is the oldest with all`);
  const newer = "Debian 13 has 6.12, Debian 12 in bookworm-backports, Ubuntu 24.04 has 6.8";
  if (isSince(kernelRelease, 6, 1)) {
    return warn(
      `Linux ${kernelRelease} is older than 6.6: Heddle works, with what the kernel has (the reduced profile)`,
      `nothing has to be done; ${newer}`,
    );
  }
  return fail(
    `Linux ${kernelRelease} is older than 6.1, the oldest that works`,
    `install a newer kernel: ${newer}`,
  );
};

function isSince(kernelRelease: string, least: number, leastMinor: number): boolean {
  const [major = 0, minor = 0] = kernelRelease.split(/[.-]/).map(Number);
  return major > least || (major === least && minor >= leastMinor);
}

/** How programs can be attached to devices. */
export const checkTcx: Check = async (machine) => {
  const { supported, reason } = await machine.probe("tcx");
  if (supported) return ok(reason);
  return warn(
    `${reason}: programs are attached as filters of traffic control, ` +
      "which another program of that kind can remove, and which stay when the pins are removed",
    "nothing has to be done; Linux 6.6 or newer with CONFIG_NET_XGRESS=y has tcx",
  );
};

/** Whether programs can tell of packets. */
export const checkRingBuffers: Check = async (machine) => {
  const { supported, reason } = await machine.probe("ringbuf");
  if (supported) return ok(reason);
  return fail(`${reason}: the programs cannot be loaded`, "use Linux 5.8 or newer");
};

/** Whether programs can be fitted to the kernel. */
export const checkBtf: Check = async (machine) => {
  const { supported, reason } = await machine.probe("kernel-btf");
  if (supported) return ok(reason);
  const fix = "use a kernel with CONFIG_DEBUG_INFO_BTF=y, as those of all big distributions are";
  return machine.objectFiles().some(({ needsKernelBtf }) => needsKernelBtf)
    ? fail(`${reason}: the programs cannot be fitted to this kernel`, fix)
    : warn(`${reason}: programs that must be fitted to the kernel would not load`, fix);
};

/** Whether programs run as machine code. */
export const checkJit: Check = async (machine) => {
  const { supported, reason } = await machine.probe("jit");
  if (supported) return ok(reason);
  return warn(
    `${reason}: each packet costs several times as much`,
    setting("net.core.bpf_jit_enable", 1),
  );
};

/** Whether pods could have a device that is faster than veth. */
export const checkNetkit: Check = async (machine) => {
  const { supported, reason } = await machine.probe("netkit");
  if (supported) return ok(reason);
  return warn(
    `${reason}: pods get veth devices, which cost a little more per packet`,
    "nothing has to be done; Linux 6.7 or newer with CONFIG_NETKIT=y has it",
  );
};

/** Whether there is a place for pins. */
export const checkBpffs: Check = (machine) => {
  const { pinRoot } = machine;
  for (const folder of upwards(pinRoot)) {
    const kind = machine.fileSystem(folder);
    if (kind === "bpf") return ok(`${pinRoot} is in the BPF file system`);
    if (kind !== undefined) break;
  }
  const isUsual = pinRoot.startsWith("/sys/fs/bpf/");
  return fail(
    `${pinRoot} is not in a BPF file system: nothing could outlive the agent`,
    isUsual
      ? "mount -t bpf bpf /sys/fs/bpf"
      : `mount -t bpf bpf ${pinRoot}, or choose a folder below /sys/fs/bpf`,
  );
};

/** The path and its parents, without the root. */
function upwards(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join("/")}`);
}

/** Whether programs can be attached to cgroups. */
export const checkCgroups: Check = (machine) => {
  if (machine.fileSystem("/sys/fs/cgroup") === "cgroup2") {
    return ok("cgroup v2 is mounted on /sys/fs/cgroup");
  }
  return warn(
    "cgroup v2 is not mounted on /sys/fs/cgroup, and load balancing at sockets will need it",
    "boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 none /sys/fs/cgroup",
  );
};

/** How a kernel setting is changed. */
export function setting(name: string, value: number): string {
  return `sysctl -w ${name}=${String(value)}`;
}
