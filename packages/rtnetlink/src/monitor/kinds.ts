import type { InterfaceIndex } from "@heddle/contracts";
import { isDeepStrictEqual } from "node:util";
import { type Address, addressFromBody, addressKey } from "../address/address.ts";
import { addressCodec } from "../address/wire.ts";
import { type Link, linkFromBody } from "../link/link.ts";
import { linkCodec } from "../link/wire.ts";
import { type Neighbour, neighbourFromBody, neighbourKey } from "../neighbour/neighbour.ts";
import { neighbourCodec } from "../neighbour/wire.ts";
import { messageFlag } from "../netlink/message.ts";
import { group, rtm } from "../netlink/rtm.ts";
import { isDeviceRoute, type Route, routeFromBody, routeKey } from "../route/route.ts";
import { routeCodec } from "../route/wire.ts";
import { type Rule, ruleFromBody, ruleKey } from "../rule/rule.ts";
import { ruleCodec } from "../rule/wire.ts";
import type { Kind, KindEvent } from "./collection.ts";

export const linkKind: Kind<InterfaceIndex, Link> = {
  name: "links",
  newType: rtm.newLink,
  deleteType: rtm.deleteLink,
  groups: [group.link],
  decode(payload) {
    const body = linkCodec.decode(payload);
    // A bridge tells of its ports in the same messages, under its own family; a port's end is no device's end.
    return body.header.family === 0 ? linkFromBody(body) : undefined;
  },
  key: (link) => link.index,
};

export const addressKind: Kind<string, Address> = {
  name: "addresses",
  newType: rtm.newAddress,
  deleteType: rtm.deleteAddress,
  groups: [group.ipv4Address, group.ipv6Address],
  decode: (payload) => addressFromBody(addressCodec.decode(payload)),
  key: addressKey,
};

/** `RTM_F_CLONED`: an entry of the kernel's cache, which lists do not have either. */
const clonedFlag = 0x200;

export const routeKind: Kind<string, Route> = {
  name: "routes",
  newType: rtm.newRoute,
  deleteType: rtm.deleteRoute,
  groups: [group.ipv4Route, group.ipv6Route, group.nextHop],
  decode(payload) {
    const route = routeFromBody(routeCodec.decode(payload));
    return route === undefined || (route.flags & clonedFlag) !== 0 ? undefined : route;
  },
  key: routeKey,
  isConclusive: isConclusiveRouteEvent,
};

/**
 * Several routes can have one key, an event can be about one next hop of several, and an IPv6 route can replace
 * one with another key. What an event leaves behind is certain when a route appears, when it replaces
 * the only one that it can replace, and when all of it goes.
 */
function isConclusiveRouteEvent(event: KindEvent<Route>, current: Route | undefined): boolean {
  const isReplacement = (event.flags & messageFlag.replace) !== 0;
  if (event.isDelete) return current === undefined || isSameWay(event.value, current);
  if (current === undefined) return !isReplacement;
  if (isDeepStrictEqual(event.value, current)) return true;
  return isReplacement && !isDeviceRoute(event.value);
}

function isSameWay(left: Route, right: Route): boolean {
  return isDeepStrictEqual(wayOf(left), wayOf(right));
}

/** Without the hops' flags: they follow the devices' state, of which routes have no events. */
function wayOf({ type, nextHops }: Route): unknown {
  return [type, nextHops.map(({ flags: _flags, ...hop }) => hop)];
}

export const neighbourKind: Kind<string, Neighbour> = {
  name: "neighbours",
  newType: rtm.newNeighbour,
  deleteType: rtm.deleteNeighbour,
  groups: [group.neighbour],
  decode(payload) {
    const neighbour = neighbourFromBody(neighbourCodec.decode(payload));
    return neighbour?.proxy === true ? undefined : neighbour;
  },
  key: neighbourKey,
};

export const ruleKind: Kind<string, Rule> = {
  name: "rules",
  newType: rtm.newRule,
  deleteType: rtm.deleteRule,
  groups: [group.ipv4Rule, group.ipv6Rule],
  decode: (payload) => ruleFromBody(ruleCodec.decode(payload)),
  key: ruleKey,
};
