import type { SourceNatDevice, SourceNatOptions } from "@heddle/conntrack";
import {
  familyName,
  type Health,
  hostPrefix,
  type InterfaceIndex,
  type IpAddress,
  ipFamilies,
  type IpFamily,
  ipFamily,
  type IpPrefix,
  prefixFamily,
  prefixLength,
} from "@heddle/contracts";
import type { ClusterNode } from "@heddle/routing";
import type { Address } from "@heddle/rtnetlink";

/** What a plan is made from. */
export interface MasqueradeInputs {
  /** The addresses that the node's own object has. */
  readonly own: readonly IpAddress[];
  readonly nodes: readonly Pick<ClusterNode, "addresses" | "podPrefixes">[];
  readonly devices: readonly InterfaceIndex[];
  readonly addresses: readonly Pick<Address, "device" | "address" | "scope" | "flags">[];
  /** Of the node's own pods. */
  readonly podPrefixes: readonly IpPrefix[];
}

/** What is to be told to the programs, and what there is to say of it. */
export interface MasqueradePlan {
  readonly sourceNat: SourceNatOptions | undefined;
  readonly health: Health;
}

/**
 * Pods leave by each device with the address that the node has there: the one of its Node object, or else the first of those
 * that are global; where it has none, with the one of its Node object. They keep their own to the pods and the nodes of the
 * cluster, and to what is excluded; where that is a whole family, connections of that family are none of ours.
 */
export function planMasquerade(
  inputs: MasqueradeInputs,
  exclude: readonly IpPrefix[],
): MasqueradePlan {
  const held = inputs.addresses.filter(isUsable);
  const own = inputs.own.filter((one) => held.some(({ address }) => address === one));
  const devices = inputs.devices
    .toSorted((a, b) => a - b)
    .map((ifindex) => ({ ifindex, addresses: addressesOf(ifindex, held, own) }));
  const families = new Set(devices.flatMap(({ addresses }) => addresses).map(ipFamily));
  const { whole = [], part = [] } = Object.groupBy(exclude, (prefix) =>
    prefixLength(prefix) === 0 ? "whole" : "part",
  );
  const kept = new Set(whole.map(prefixFamily));
  const sources = inputs.podPrefixes.filter(
    (prefix) => families.has(prefixFamily(prefix)) && !kept.has(prefixFamily(prefix)),
  );
  const cluster = inputs.nodes.flatMap(({ addresses, podPrefixes }) => [
    ...podPrefixes,
    ...addresses.map(hostPrefix),
  ]);
  const sourceNat: SourceNatOptions = {
    addresses: ipFamilies.flatMap((family) => own.find((one) => ipFamily(one) === family) ?? []),
    devices,
    sources: sources.toSorted(),
    exclude: [...new Set([...cluster, ...part])].toSorted(),
    sockets: true,
  };
  return { sourceNat, health: healthOf(devices, inputs.podPrefixes, kept) };
}

function addressesOf(
  ifindex: InterfaceIndex,
  held: MasqueradeInputs["addresses"],
  own: readonly IpAddress[],
): readonly IpAddress[] {
  const there = held
    .filter(({ device }) => device === ifindex)
    .map(({ address }) => address)
    .toSorted();
  return ipFamilies.flatMap((family) => {
    const ofFamily = (one: IpAddress): boolean => ipFamily(one) === family;
    return (
      there.find((one) => ofFamily(one) && own.includes(one)) ??
      there.find(ofFamily) ??
      own.find(ofFamily) ??
      []
    );
  });
}

/** Whether packets may come from it: not while it is not sure whether another host has it. */
function isUsable({ scope, flags }: MasqueradeInputs["addresses"][number]): boolean {
  return scope === "global" && !flags.some((flag) => unusable.has(flag));
}

const unusable: ReadonlySet<unknown> = new Set(["tentative", "dadfailed", "deprecated"]);

function healthOf(
  devices: readonly SourceNatDevice[],
  podPrefixes: readonly IpPrefix[],
  kept: ReadonlySet<IpFamily>,
): Health {
  const all = new Set(
    devices.flatMap(({ addresses }) => addresses).filter((one) => !kept.has(ipFamily(one))),
  );
  const missing = ipFamilies
    .filter((family) => podPrefixes.some((prefix) => prefixFamily(prefix) === family))
    .filter((family) => !Array.from(all, ipFamily).includes(family))
    .map((family) =>
      kept.has(family)
        ? `; all of ${familyName(family)} is excluded`
        : `; the node has no ${familyName(family)} address for that`,
    );
  const message = `pods leave the cluster with ${[...all].join(", ") || "their own addresses"}`;
  return { level: "ok", message: message + missing.join("") };
}
