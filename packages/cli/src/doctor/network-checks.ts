import type { TcxHook } from "libbpf-napi";
import { type Check, type Finding, ok, warn } from "./finding.ts";
import { setting } from "./kernel-checks.ts";
import type { DefaultDevice, Machine } from "./machine.ts";

/** Whether the node forwards IPv4 packets. */
export const checkIpv4Forwarding: Check = (machine) =>
  checkForwarding(machine, "net.ipv4.ip_forward", "IPv4");

/** Whether the node forwards IPv6 packets. */
export const checkIpv6Forwarding: Check = (machine) =>
  checkForwarding(machine, "net.ipv6.conf.all.forwarding", "IPv6");

function checkForwarding(machine: Machine, name: string, family: string): Finding {
  const value = valueOf(machine, name);
  if (value === undefined) return noSetting(name, family);
  if (value !== "0") return ok(`${name} is ${value}`);
  return warn(
    `${name} is 0: what Heddle leaves to the kernel is dropped until an agent starts, which sets it`,
    setting(name, 1),
  );
}

/** Whether pods can have IPv6 addresses. */
export const checkIpv6: Check = (machine) => {
  const name = "net.ipv6.conf.all.disable_ipv6";
  const value = valueOf(machine, name);
  if (value === undefined) return noSetting(name, "IPv6");
  if (value === "0") return ok("the kernel has it, and it is on");
  return warn(`${name} is ${value}: the node has no IPv6 addresses`, setting(name, 0));
};

function noSetting(name: string, family: string): Finding {
  return warn(
    `there is no ${name}: the kernel has no ${family}`,
    `boot without ${family.toLowerCase()}.disable=1, if pods should have it`,
  );
}

/** Whether replies may come another way than requests go. */
export const checkReversePath: Check = async (machine) => {
  const devices = await machine.defaultDevices();
  const names = devices.map(({ name }) => name);
  // The kernel takes the higher of the two (Documentation/networking/ip-sysctl.rst).
  const strict = names.filter(
    (name) => Math.max(filterOf(machine, "all"), filterOf(machine, name)) === 1,
  );
  const [first] = strict;
  if (first === undefined) return ok("it is not strict");
  return warn(
    `rp_filter is strict on ${strict.join(", ")}: replies that come in by another device are dropped`,
    filterOf(machine, "all") === 1 ? setting(filterName("all"), 2) : setting(filterName(first), 2),
  );
};

function filterOf(machine: Machine, device: string): number {
  return Number(valueOf(machine, filterName(device)) ?? 0);
}

function filterName(device: string): string {
  // The parts of a name are parted by slashes where a device has a dot in its own.
  return device.includes(".")
    ? `net/ipv4/conf/${device}/rp_filter`
    : `net.ipv4.conf.${device}.rp_filter`;
}

function valueOf(machine: Machine, name: string): string | undefined {
  const path = name.includes("/") ? name : name.replaceAll(".", "/");
  return machine.readText(`/proc/sys/${path}`);
}

/** The smallest MTU that a device with IPv6 can have (RFC 8200 section 5). */
const smallestMtu = 1280;

/** Whether Heddle finds the way to the network by itself. */
export const checkDefaultDevice: Check = async (machine) => {
  const devices = await machine.defaultDevices();
  const choose = "name the devices that lead to the network: heddle agent --devices NAME";
  if (devices.length === 0) {
    return warn(
      "there is no default route, which tells the devices that lead to the network",
      choose,
    );
  }
  const other = devices.find(({ isEthernet }) => !isEthernet);
  if (other !== undefined) {
    return warn(
      `${other.name} has a default route and is no Ethernet device: it gets no programs`,
      choose,
    );
  }
  const small = devices.find(({ mtu }) => mtu < smallestMtu);
  if (small !== undefined) {
    return warn(
      `${describe(small)}: IPv6 needs ${String(smallestMtu)}`,
      `ip link set ${small.name} mtu ${String(smallestMtu)}`,
    );
  }
  return ok(devices.map(describe).join("; "));
};

function describe({ name, families, mtu }: DefaultDevice): string {
  return `${name} (${families.join(", ")}), MTU ${String(mtu)}`;
}

const hooks: readonly TcxHook[] = ["ingress", "egress"];

/** Whether somebody else's programs see packets too. */
export const checkOtherPrograms: Check = async (machine) => {
  const attachments = await machine.attachments();
  const ours = new Set(attachments.map(({ programId }) => programId));
  const places: string[] = [];
  const devices = await machine.defaultDevices();
  for (const { index, name: device } of devices) {
    for (const hook of hooks) {
      const programs = await machine.programsAt(index, hook);
      const others = programs.filter(({ id }) => !ours.has(id));
      const names = others.map(({ id, name }) => `${name} (id ${String(id)})`);
      if (names.length > 0) places.push(`${device} ${hook}: ${names.join(", ")}`);
    }
  }
  if (places.length === 0) return ok("there are none at the devices of default routes");
  const [first] = devices;
  return warn(
    `${places.join("; ")}; they may take packets before or after Heddle's programs see them`,
    `find their owner with \`bpftool net show dev ${first?.name ?? ""}\`, and stop it if both are not wanted`,
  );
};
