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
import { distinct, filterValues, group, leftJoin, successes } from "@heddle/tables";
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
  const linkLocals$ = group(filterValues(addresses$, isUsableSource), ({ device }) => device);
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

type LinkLocal = Address & { readonly address: Ipv6Address };

/** A link-local address of IPv6, once the link has been asked whether another has it. */
function isUsableSource(held: Address): held is LinkLocal {
  const { address, flags } = held;
  return !isIpv4Address(address) && isLinkLocal(address) && !flags.includes("tentative");
}
