import type { TestNetns } from "@heddle/testing";
import type { Path, PathContestant } from "../path.ts";
import { addNetns, addRoute, addRouter, wire } from "../wire.ts";

export interface RoutedPath {
  readonly path: Path;
  readonly host: TestNetns;
}

/** Two pods whose host routes between them. */
export async function openRoutedPath(
  stack: AsyncDisposableStack,
  serverAddresses: readonly string[] = ["10.128.2.2"],
): Promise<RoutedPath> {
  const client = await addNetns(stack, "client");
  const server = await addNetns(stack, "server");
  const host = await addRouter(stack, "host");
  await wire(
    { netns: client, device: "eth0", addresses: ["10.128.1.2/24"] },
    { netns: host, device: "client", addresses: ["10.128.1.1/24"] },
  );
  await wire(
    { netns: server, device: "eth0", addresses: serverAddresses.map((one) => `${one}/24`) },
    { netns: host, device: "server", addresses: ["10.128.2.1/24"] },
  );
  await addRoute(client, "0.0.0.0/0", "10.128.1.1");
  await addRoute(server, "0.0.0.0/0", "10.128.2.1");
  const [address = ""] = serverAddresses;
  return { path: { client: client.path, server: server.path, address }, host };
}

/** Forwarding by the kernel's routes, without any netfilter hook. */
export const routing: PathContestant = {
  name: "routing",
  open: async (stack) => (await openRoutedPath(stack)).path,
};
