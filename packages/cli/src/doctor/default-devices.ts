import { familyName, prefixFamily, prefixLength } from "@heddle/contracts";
import { createRtnetlink, type Route } from "@heddle/rtnetlink";
import type { DefaultDevice } from "./machine.ts";

/** The devices that default routes of this network namespace lead out of, each once. */
export async function findDefaultDevices(): Promise<readonly DefaultDevice[]> {
  await using rtnetlink = createRtnetlink();
  await rtnetlink.start();
  const routes = (await rtnetlink.routes.list({ table: "main", type: "unicast" })).filter(
    ({ destination }) => prefixLength(destination) === 0,
  );
  const links = await rtnetlink.links.list();
  return links.flatMap(({ index, name, mtu, type }) => {
    const families = new Set(
      routes
        .filter(({ nextHops }) => nextHops.some(({ device }) => device === index))
        .map(({ destination }: Route) => familyName(prefixFamily(destination))),
    );
    if (families.size === 0) return [];
    return [{ index, name, mtu, isEthernet: type === "ether", families: [...families].toSorted() }];
  });
}
