import { type InterfaceIndex, parseIp, parsePrefix } from "@heddle/contracts";
import { sysctl } from "@heddle/rtnetlink";
import { createTestNetns, joinNetns, type TestNetns, type TestWire } from "@heddle/testing";

/** One end of a wire. */
export interface WireEnd {
  readonly netns: TestNetns;
  readonly device: string;
  /** With the length of their prefix: `10.0.0.1/24`. */
  readonly addresses?: readonly string[];
}

/** Begins the names of all that a run makes, so that one can tell whose it is. */
export const runName: string = `bench-${String(process.pid)}`;

/** A namespace that goes with the stack. */
export async function addNetns(stack: AsyncDisposableStack, role: string): Promise<TestNetns> {
  return stack.use(await createTestNetns(`${runName}-${role}`));
}

/** A namespace that forwards what is not for it, wherever it came from. */
export async function addRouter(stack: AsyncDisposableStack, role: string): Promise<TestNetns> {
  const netns = await addNetns(stack, role);
  const settings = sysctl(netns.handle);
  await settings.set("net/ipv4/ip_forward", 1);
  await settings.set("net/ipv4/conf/all/rp_filter", 0);
  await settings.set("net/ipv4/conf/default/rp_filter", 0);
  return netns;
}

/** Joins two namespaces by a veth pair, and gives its ends their addresses. */
export async function wire(near: WireEnd, far: WireEnd): Promise<TestWire> {
  const joined = await joinNetns(near, far);
  await addAddresses(near, joined.near);
  await addAddresses(far, joined.far);
  return joined;
}

/** Duplicate address detection would keep an IPv6 address from being used for a second. */
async function addAddresses({ netns, addresses = [] }: WireEnd, device: InterfaceIndex) {
  for (const text of addresses) {
    const [address = "", length] = text.split("/");
    await netns.rtnetlink.addresses.add({
      device,
      address: parseIp(address),
      prefixLength: Number(length),
      flags: ["nodad"],
    });
  }
}

/** A route through a gateway. */
export async function addRoute(netns: TestNetns, to: string, gateway: string): Promise<void> {
  await netns.rtnetlink.routes.add({
    destination: parsePrefix(to),
    nextHops: [{ gateway: parseIp(gateway) }],
  });
}
