import { sysctl } from "@heddle/rtnetlink";
import type { PathContestant } from "../path.ts";
import { addNetns, wire } from "../wire.ts";

/** Two pods at a bridge of the kernel, which no filter looks into. */
export const bridge: PathContestant = {
  name: "bridge",
  async open(stack) {
    const client = await addNetns(stack, "client");
    const server = await addNetns(stack, "server");
    const host = await addNetns(stack, "bridge");
    const { links } = host.rtnetlink;
    const { index: master } = await links.add({ name: "br0", kind: "bridge", up: true });
    // Where the kernel has it, bridged packets would go through the hooks of iptables.
    const settings = sysctl(host.handle);
    await settings.set("net/bridge/bridge-nf-call-iptables", 0).catch(() => undefined);
    for (const [netns, device, address] of [
      [client, "client", "10.128.0.2/24"],
      [server, "server", "10.128.0.3/24"],
    ] as const) {
      await wire({ netns, device: "eth0", addresses: [address] }, { netns: host, device });
      await links.set(device, { master });
    }
    return { client: client.path, server: server.path, address: "10.128.0.3" };
  },
};
