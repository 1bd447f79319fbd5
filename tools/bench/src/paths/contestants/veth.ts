import type { PathContestant } from "../path.ts";
import { addNetns, wire } from "../wire.ts";

/** Two namespaces joined by a veth pair and nothing else. */
function createVeth(name: string, network: string, length: number): PathContestant {
  return {
    name,
    baseline: name,
    async open(stack) {
      const client = await addNetns(stack, "client");
      const server = await addNetns(stack, "server");
      const end = (number: number): string => `${network}${String(number)}/${String(length)}`;
      await wire(
        { netns: client, device: "eth0", addresses: [end(2)] },
        { netns: server, device: "eth0", addresses: [end(3)] },
      );
      return { client: client.path, server: server.path, address: `${network}3` };
    },
  };
}

export const veth: PathContestant = createVeth("veth", "10.128.0.", 24);
export const vethIpv6: PathContestant = createVeth("veth-ipv6", "fd00:128::", 64);
