import type { InterfaceIndex, IpFamily } from "@heddle/contracts";
import { messageFlag } from "../netlink/message.ts";
import {
  bodiesOfFamily,
  deleted,
  forFamilies,
  type Requester,
  requestOf,
  unlessAbsent,
} from "../netlink/requester.ts";
import { familyNumber, rtm } from "../netlink/rtm.ts";
import { present } from "../present.ts";
import {
  type Address,
  addressFromBody,
  type AddressId,
  addressKey,
  type AddressSpec,
  addressToBody,
  describeAddress,
} from "./address.ts";
import { addressCodec } from "./wire.ts";

/** Which addresses to list; all that is given must hold. */
export interface AddressFilter {
  readonly family?: IpFamily;
  readonly device?: InterfaceIndex;
}

/** The addresses of a namespace's devices. Every method throws an `RtnetlinkError`. */
export interface Addresses {
  list(filter?: AddressFilter): Promise<readonly Address[]>;
  /** Undefined when there is none. */
  get(id: AddressId): Promise<Address | undefined>;
  /** `exists`: the device has the address; `device-gone`: there is no such device. */
  add(spec: AddressSpec): Promise<void>;
  /** Adds the address, or gives the one that is there these lifetimes, flags and metric. */
  replace(spec: AddressSpec): Promise<void>;
  /** False when there was none. */
  delete(id: AddressId): Promise<boolean>;
}

export function createAddresses(requester: Requester): Addresses {
  const write = async (operation: string, spec: AddressSpec, flags: number): Promise<void> => {
    const attempt = { operation, subject: describeAddress(spec) };
    const request = requestOf(addressCodec, attempt, rtm.newAddress, () => addressToBody(spec));
    await requester.request({ ...request, flags: messageFlag.create | flags, hints });
  };
  const list = (filter: AddressFilter = {}): Promise<readonly Address[]> =>
    forFamilies(filter.family, (family) => listFamily(requester, filter, family));

  return {
    list,
    async get(id) {
      const key = addressKey(id);
      const all = await list({ device: id.device });
      return all.find((address) => addressKey(address) === key);
    },
    add: (spec) => write("add address", spec, messageFlag.exclusive),
    replace: (spec) => write("replace address", spec, messageFlag.replace),
    async delete({ device, address, prefixLength, peer }) {
      const id = { device, address, prefixLength, ...present({ peer }) };
      const attempt = { operation: "delete address", subject: describeAddress(id) };
      return deleted(
        requester.request(
          requestOf(addressCodec, attempt, rtm.deleteAddress, () => addressToBody(id)),
        ),
      );
    },
  };
}

const hints = {
  EEXIST: "replace changes an address that is there",
  EACCES: "IPv6 is disabled on the device: set net/ipv6/conf/DEVICE/disable_ipv6 to 0",
};

async function listFamily(
  requester: Requester,
  { device }: AddressFilter,
  family: IpFamily,
): Promise<readonly Address[]> {
  const subject = device === undefined ? `of IPv${String(family)}` : `dev ${String(device)}`;
  const request = requestOf(
    addressCodec,
    { operation: "list addresses", subject },
    rtm.getAddress,
    () => ({
      header: {
        family: familyNumber(family),
        prefixLength: 0,
        flags: 0,
        scope: 0,
        index: device ?? 0,
      },
      attributes: {},
    }),
  );
  const messages = await unlessAbsent(requester.dump(request));
  return bodiesOfFamily(messages ?? [], rtm.newAddress, addressCodec, family)
    .map(addressFromBody)
    .filter((address) => address !== undefined);
}
