import { type IpAddress, ipFamily } from "@heddle/contracts";
import { secondAddress } from "./refusals.ts";

/** @throws {IpamError} `second-address` when `wanted` adds to a family that there is an address of */
export function checkFamilies(
  owner: string,
  held: readonly IpAddress[],
  wanted: Iterable<IpAddress>,
): void {
  const all = [...held];
  for (const address of wanted) {
    const first = all.find((other) => ipFamily(other) === ipFamily(address));
    if (first !== undefined) throw secondAddress(owner, address, first);
    all.push(address);
  }
}
