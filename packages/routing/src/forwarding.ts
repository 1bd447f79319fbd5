import type { Logger } from "@heddle/contracts";
import type { Rtnetlink, Sysctl } from "@heddle/rtnetlink";

/**
 * Makes the node forward packets, as a router does. Devices that learnt routes from router advertisements
 * go on listening to them (`accept_ra` 2): the kernel would otherwise forget what it learnt as soon as it
 * forwards.
 */
export async function enableForwarding(
  node: Rtnetlink,
  settings: Sysctl,
  logger: Logger,
): Promise<void> {
  for (const device of await advertisedDevices(node)) {
    await change(settings, `net/ipv6/conf/${device}/accept_ra`, "1", "2", logger);
  }
  await change(settings, "net/ipv4/ip_forward", "0", "1", logger);
  await change(settings, "net/ipv6/conf/all/forwarding", "0", "1", logger);
}

async function advertisedDevices(node: Rtnetlink): Promise<readonly string[]> {
  const routes = await node.routes.list({ family: 6, protocol: "ra" });
  const indexes = new Set(routes.flatMap(({ nextHops }) => nextHops.map(({ device }) => device)));
  const links = await node.links.list();
  return links.filter(({ index }) => indexes.has(index)).map(({ name }) => name);
}

/** Nothing is changed that has another value, or is not there: a kernel can be without IPv6. */
async function change(
  settings: Sysctl,
  key: string,
  from: string,
  to: string,
  logger: Logger,
): Promise<void> {
  const value = await settings.get(key).catch(() => undefined);
  if (value !== from) return;
  await settings.set(key, to);
  logger.info("changed a kernel setting", { key, from, to });
}
