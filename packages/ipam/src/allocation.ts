import { type IpAddress, type Ipv4Address, type Ipv6Address } from "@heddle/contracts";

/** The addresses of one owner, at most one of each family. */
export interface Allocation {
  /** The name that the owner goes by: `default/web-0`. */
  readonly owner: string;
  readonly ipv4: Ipv4Address | undefined;
  readonly ipv6: Ipv6Address | undefined;
  /** Those that there are, IPv4 first. */
  readonly addresses: readonly IpAddress[];
}

/** What an owner has, which may be nothing. */
export function allocationOf(
  owner: string,
  ipv4: Ipv4Address | undefined,
  ipv6: Ipv6Address | undefined,
): Allocation {
  return new StoredAllocation(owner, ipv4, ipv6);
}

/** There can be a million of them: the list is made when somebody asks. */
class StoredAllocation implements Allocation {
  readonly owner: string;
  readonly ipv4: Ipv4Address | undefined;
  readonly ipv6: Ipv6Address | undefined;

  constructor(owner: string, ipv4: Ipv4Address | undefined, ipv6: Ipv6Address | undefined) {
    this.owner = owner;
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
  }

  get addresses(): readonly IpAddress[] {
    return [this.ipv4, this.ipv6].filter((address) => address !== undefined);
  }
}

/** An allocation, and which pools its addresses are of. */
export interface PoolAllocation extends Allocation {
  readonly ipv4Pool: string | undefined;
  readonly ipv6Pool: string | undefined;
}

/** What one owner has of several pools, each of which has given something. */
export function joinAllocations(
  owner: string,
  given: readonly { readonly pool: string; readonly allocation: Allocation }[],
): PoolAllocation {
  const first = given.find(({ allocation }) => allocation.ipv4 !== undefined);
  const second = given.find(({ allocation }) => allocation.ipv6 !== undefined);
  const [ipv4, ipv6] = [first?.allocation.ipv4, second?.allocation.ipv6];
  const addresses = [ipv4, ipv6].filter((address) => address !== undefined);
  return { owner, ipv4, ipv6, addresses, ipv4Pool: first?.pool, ipv6Pool: second?.pool };
}
