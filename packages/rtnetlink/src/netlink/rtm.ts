import { type IpAddress, type IpFamily, ipFamily } from "@heddle/contracts";

/** `RTM_*` of linux/rtnetlink.h. */
export const rtm = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbour: 28,
  deleteNeighbour: 29,
  getNeighbour: 30,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
  newNextHop: 104,
  deleteNextHop: 105,
} as const;

/** `RTNLGRP_*` of linux/rtnetlink.h: who is told about what. */
export const group = {
  link: 1,
  neighbour: 3,
  ipv4Address: 5,
  ipv4Route: 7,
  ipv4Rule: 8,
  ipv6Address: 9,
  ipv6Route: 11,
  ipv6Rule: 19,
  nextHop: 32,
} as const;

/** The address family's number, `AF_INET` or `AF_INET6`. */
export function familyNumber(family: IpFamily): number {
  return family === 4 ? 2 : 10;
}

/** The number of the family that the address is of. */
export function familyOf(address: IpAddress): number {
  return familyNumber(ipFamily(address));
}

/** The family with the number; undefined for any but IPv4 and IPv6. */
export function familyFromNumber(number: number): IpFamily | undefined {
  if (number === 2) return 4;
  return number === 10 ? 6 : undefined;
}
