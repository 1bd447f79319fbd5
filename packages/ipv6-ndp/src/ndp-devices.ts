import { isDeepStrictEqual } from "node:util";
import {
  type ChangeStream,
  compareIp,
  type InterfaceIndex,
  type Ipv6Address,
  isIpv4Address,
  type MacAddress,
} from "@heddle/contracts";
import type { Address, Link } from "@heddle/rtnetlink";
import { distinct, filterValues, group, leftJoin, mapValues, successes } from "@heddle/tables";
import { isLinkLocal } from "./validate-ndp.ts";

/** A device on whose link this host answers for addresses. */
export interface NdpDevice {
  readonly name: string;
  /** What it answers with. */
  readonly mac: MacAddress;
  /** Its link-local address, which its advertisements come from; without one they come from what they are about. */
  readonly source: Ipv6Address | undefined;
}

/** What is known of a namespace; a monitor of `@heddle/rtnetlink` has it. */
export interface NdpDeviceSources {
  readonly links$: ChangeStream<InterfaceIndex, Link>;
  readonly addresses$: ChangeStream<string, Address>;
}

/** The Ethernet devices that are chosen and up, by interface index. */
export function ndpDevices(
  { links$, addresses$ }: NdpDeviceSources,
  isChosen: (link: Link) => boolean,
): ChangeStream<InterfaceIndex, NdpDevice> {
  const chosen$ = filterValues(
    links$,
    (link): link is ChosenLink =>
      isChosen(link) && link.up && link.type === "ether" && link.address !== undefined,
  );
  const linkLocals$ = group(successes(mapLinkLocals(addresses$)), ({ device }) => device);
  const devices$ = leftJoin(
    chosen$,
    linkLocals$,
    ({ index }) => index,
    ({ name, address: mac }, linkLocals): NdpDevice => {
      const found = Array.from(linkLocals?.entries() ?? [], ([, { address }]) => address);
      return { name, mac, source: found.toSorted(compareIp)[0] };
    },
  );
  return successes(distinct(devices$, isDeepStrictEqual));
}

type ChosenLink = Link & { readonly address: MacAddress };

interface LinkLocal {
  readonly device: InterfaceIndex;
  readonly address: Ipv6Address;
}

/** Those that may be used already: the link has been asked whether another has them. */
function mapLinkLocals(addresses$: ChangeStream<string, Address>) {
  const usable$ = filterValues(
    addresses$,
    ({ address, flags }) =>
      !isIpv4Address(address) && isLinkLocal(address) && !flags.includes("tentative"),
  );
  return mapValues(usable$, ({ device, address }): LinkLocal => {
    if (isIpv4Address(address)) throw new TypeError("unreachable");
    return { device, address };
  });
}
