import type { InterfaceIndex, IpFamily } from "@heddle/contracts";
import type { Request } from "../netlink/connection.ts";
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
import {
  describeNeighbour,
  type Neighbour,
  neighbourFromBody,
  type NeighbourId,
  type NeighbourSpec,
  neighbourToBody,
  proxyFlag,
} from "./neighbour.ts";
import { neighbourCodec } from "./wire.ts";

/** Which neighbours to list; all that is given must hold. */
export interface NeighbourFilter {
  readonly family?: IpFamily;
  readonly device?: InterfaceIndex;
  /** Only entries of the proxy table, or only those that are not; both if it is not given. */
  readonly proxy?: boolean;
}

/** The neighbours of a namespace, those that are answered for (proxy entries) included. Every method throws an `RtnetlinkError`. */
export interface Neighbours {
  list(filter?: NeighbourFilter): Promise<readonly Neighbour[]>;
  /** Undefined when there is none. */
  get(id: NeighbourId): Promise<Neighbour | undefined>;
  /**
   * `exists`: there is one, unless it is of the proxy table, where the kernel replaces it; `device-gone`: there is no
   * such device.
   */
  add(spec: NeighbourSpec): Promise<void>;
  /** Adds the neighbour, or gives the one that is there this address, state and flags. */
  replace(spec: NeighbourSpec): Promise<void>;
  /** False when there was none. */
  delete(id: NeighbourId): Promise<boolean>;
}

const hints = { EEXIST: "replace changes a neighbour that is there" };

export function createNeighbours(requester: Requester): Neighbours {
  const write = async (operation: string, spec: NeighbourSpec, flags: number): Promise<void> => {
    const request = requestAbout(operation, spec, rtm.newNeighbour);
    await requester.request({ ...request, flags: messageFlag.create | flags, hints });
  };
  const list = (filter: NeighbourFilter = {}): Promise<readonly Neighbour[]> =>
    forFamilies(filter.family, (family) => listFamily(requester, filter, family));

  return {
    list,
    async get(id) {
      const request = requestAbout("get neighbour", idOf(id), rtm.getNeighbour);
      const messages = await unlessAbsent(requester.request(request));
      const [found] = bodiesOf(messages ?? [], rtm.newNeighbour, neighbourCodec);
      return found && neighbourFromBody(found);
    },
    add: (spec) => write("add neighbour", spec, messageFlag.exclusive),
    replace: (spec) => write("replace neighbour", spec, messageFlag.replace),
    async delete(id) {
      const request = requestAbout("delete neighbour", idOf(id), rtm.deleteNeighbour);
      return deleted(requester.request(request));
    },
  };
}

function requestAbout(operation: string, spec: NeighbourSpec, type: number): Request {
  const attempt = { operation, subject: describeNeighbour(spec) };
  return requestOf(neighbourCodec, attempt, type, () => neighbourToBody(spec));
}

/** Strict checks want a request that gets or deletes to have no state. */
function idOf({ device, destination, proxy = false }: NeighbourId): NeighbourSpec {
  return { device, destination, proxy, state: "none" };
}

async function listFamily(
  requester: Requester,
  filter: NeighbourFilter,
  family: IpFamily,
): Promise<readonly Neighbour[]> {
  const tables = filter.proxy === undefined ? [false, true] : [filter.proxy];
  const found: (readonly Neighbour[])[] = [];
  for (const proxy of tables) found.push(await listTable(requester, { ...filter, proxy }, family));
  return found.flat();
}

/** The kernel has the proxy entries in a table of their own. */
async function listTable(
  requester: Requester,
  { device, proxy }: NeighbourFilter,
  family: IpFamily,
): Promise<readonly Neighbour[]> {
  const isProxy = proxy === true;
  const subject = `${isProxy ? "in the proxy table " : ""}of IPv${String(family)}`;
  const attempt = { operation: "list neighbours", subject };
  const flags = isProxy ? proxyFlag : 0;
  const request = requestOf(neighbourCodec, attempt, rtm.getNeighbour, () => ({
    header: { family: familyNumber(family), index: 0, state: 0, flags, type: 0 },
    attributes: {},
  }));
  const messages = await requester.dump(request);
  return bodiesOfFamily(messages, rtm.newNeighbour, neighbourCodec, family)
    .map(neighbourFromBody)
    .filter((neighbour) => neighbour !== undefined)
    .filter((neighbour) => device === undefined || neighbour.device === device);
}
