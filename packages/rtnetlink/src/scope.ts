import { enumeration, type Enumeration } from "./netlink/enumeration.ts";

/** How far an address is valid, or how far a route's destination is, `RT_SCOPE_*` of linux/rtnetlink.h. */
export type ScopeName = "global" | "site" | "link" | "host" | "nowhere";
export type Scope = ScopeName | number;

export const scopes: Enumeration<ScopeName> = enumeration("scope", {
  global: 0,
  site: 200,
  link: 253,
  host: 254,
  nowhere: 255,
});
