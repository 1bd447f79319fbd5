import {
  addressBits,
  type InterfaceIndex,
  type IpAddress,
  type IpFamily,
  ipFamily,
  prefixFamily,
} from "@heddle/contracts";
import { messageFlag } from "../netlink/message.ts";
import {
  bodiesOf,
  bodiesOfFamily,
  deleted,
  forFamilies,
  type Requester,
  requestOf,
  unlessAbsent,
} from "../netlink/requester.ts";
import { familyNumber, rtm } from "../netlink/rtm.ts";
import { present } from "../present.ts";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import {
  headerTable,
  type RouteProtocol,
  routeProtocols,
  type RouteTable,
  routeTables,
  type RouteType,
  routeTypes,
} from "./names.ts";
import {
  describeRoute,
  type Route,
  routeFromBody,
  routeKey,
  type RouteSpec,
  routeToBody,
  routeToDeletion,
} from "./route.ts";
import { type RouteBody, routeCodec, type RouteHeader } from "./wire.ts";

/** Which routes to list; all that is given must hold. The kernel filters. */
export interface RouteFilter {
  readonly family?: IpFamily;
  readonly table?: RouteTable;
  /** Routes with a next hop out of this device. */
  readonly device?: InterfaceIndex;
  readonly protocol?: RouteProtocol;
  readonly type?: RouteType;
}

/** What a packet is like whose way is looked up. */
export interface RouteLookup {
  readonly source?: IpAddress;
  /** The device that it came in by; without it, the packet is one that this machine sends. */
  readonly inputDevice?: InterfaceIndex;
  /** The device that the sending socket is bound to. */
  readonly device?: InterfaceIndex;
  readonly mark?: number;
}

/** The routes of a namespace. Every method throws an `RtnetlinkError`. */
export interface Routes {
  /** Without the kernel's caches of path MTUs and redirects. */
  list(filter?: RouteFilter): Promise<readonly Route[]>;
  /** The route with the same `routeKey`; undefined when there is none. Lists the table, as the kernel has no cheaper way to ask for one. */
  get(spec: RouteSpec): Promise<Route | undefined>;
  /** The way that the kernel would send a packet now. `unreachable`: no route leads there. */
  lookup(destination: IpAddress, packet?: RouteLookup): Promise<Route>;
  /** `exists`: there is one with this `routeKey`; `unreachable`: a gateway is not on the device's link. */
  add(spec: RouteSpec): Promise<void>;
  /**
   * Adds the route, or puts it in place of the one with this `routeKey`, at once for every packet. Of several IPv6
   * routes that differ by their device, the kernel replaces the first.
   */
  replace(spec: RouteSpec): Promise<void>;
  /**
   * Deletes one route that has all that is given; false when there was none. The kernel takes metric 0
   * for any, so give more than the destination (best the listed route) where several differ by the metric alone.
   */
  delete(spec: RouteSpec): Promise<boolean>;
}

/** `RTM_F_LOOKUP_TABLE`: say in which table the route was found, which IPv6 does unasked. */
const lookupTable = 0x1000;

const hints = { EEXIST: "replace puts a route in place of the one that is there" };

const lookupHints = { ENETUNREACH: "add a route to it, or a default route" };

export function createRoutes(requester: Requester): Routes {
  const write = async (operation: string, spec: RouteSpec, flags: number): Promise<void> => {
    const attempt = { operation, subject: describeRoute(spec) };
    const request = requestOf(routeCodec, attempt, rtm.newRoute, () => routeToBody(spec));
    await requester.request({ ...request, flags: messageFlag.create | flags, hints });
  };
  const list = (filter: RouteFilter = {}): Promise<readonly Route[]> =>
    forFamilies(filter.family, (family) => listFamily(requester, filter, family));

  return {
    list,
    async get(spec) {
      const key = routeKey(spec);
      const { destination, table = "main" } = spec;
      const all = await list({ family: prefixFamily(destination), table });
      return all.find((route) => routeKey(route) === key);
    },
    lookup: (destination, packet = {}) => lookUp(requester, destination, packet),
    add: (spec) => write("add route", spec, messageFlag.exclusive),
    replace: (spec) => write("replace route", spec, messageFlag.replace),
    async delete(spec) {
      const attempt = { operation: "delete route", subject: describeRoute(spec) };
      const request = requestOf(routeCodec, attempt, rtm.deleteRoute, () => routeToDeletion(spec));
      return deleted(requester.request(request));
    },
  };
}

async function listFamily(
  requester: Requester,
  filter: RouteFilter,
  family: IpFamily,
): Promise<readonly Route[]> {
  const attempt = { operation: "list routes", subject: `of IPv${String(family)}` };
  const request = requestOf(routeCodec, attempt, rtm.getRoute, () => filterToBody(filter, family));
  const messages = (await unlessAbsent(requester.dump(request))) ?? [];
  return bodiesOfFamily(messages, rtm.newRoute, routeCodec, family)
    .map(routeFromBody)
    .filter((route) => route !== undefined);
}

function filterToBody(filter: RouteFilter, family: IpFamily): RouteBody {
  const { protocol = "unspec", type = "unspec", device } = filter;
  const table = filter.table === undefined ? 0 : routeTables.toNumber(filter.table);
  return {
    header: {
      ...headerFor(family),
      table: headerTable(table),
      protocol: routeProtocols.toNumber(protocol),
      type: routeTypes.toNumber(type),
    },
    attributes: { ...(table === 0 ? {} : { table }), ...present({ device }) },
  };
}

async function lookUp(
  requester: Requester,
  destination: IpAddress,
  packet: RouteLookup,
): Promise<Route> {
  const attempt = { operation: "look up route", subject: destination };
  const request = requestOf(routeCodec, attempt, rtm.getRoute, () =>
    lookupToBody(destination, packet),
  );
  const messages = await requester.request({ ...request, hints: lookupHints });
  const [found] = bodiesOf(messages, rtm.newRoute, routeCodec);
  const route = found && routeFromBody(found);
  if (route !== undefined) return route;
  throw new RtnetlinkError({
    ...attempt,
    code: "malformed",
    reason: "the kernel acknowledged the request without an answer",
  });
}

function lookupToBody(destination: IpAddress, packet: RouteLookup): RouteBody {
  const family = ipFamily(destination);
  const bits = addressBits(family);
  const { source, inputDevice, device, mark } = packet;
  return {
    header: {
      ...headerFor(family),
      destinationLength: bits,
      sourceLength: source === undefined ? 0 : bits,
      flags: family === 4 ? lookupTable : 0,
    },
    attributes: { destination, ...present({ source, inputDevice, device, mark }) },
  };
}

function headerFor(family: IpFamily): RouteHeader {
  return {
    family: familyNumber(family),
    destinationLength: 0,
    sourceLength: 0,
    tos: 0,
    table: 0,
    protocol: 0,
    scope: 0,
    type: 0,
    flags: 0,
  };
}
