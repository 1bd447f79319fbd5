import type { PathContestant } from "../path.ts";
import { bridge } from "./bridge.ts";
import { ours, oursGeneve, oursIpv6, oursTwoNodes } from "./ours.ts";
import { redirectPeer } from "./redirect-peer.ts";
import { routing } from "./routing.ts";
import { services } from "./services.ts";
import { underlay, vxlan } from "./two-nodes.ts";
import { veth, vethIpv6 } from "./veth.ts";

/** Everybody who takes part, in the order of tables and plots. Another one is a file beside this, and a line here. */
export const pathContestants: readonly PathContestant[] = [
  veth,
  redirectPeer,
  ours,
  routing,
  bridge,
  ...services,
  underlay,
  oursTwoNodes,
  oursGeneve,
  vxlan,
  vethIpv6,
  oursIpv6,
];
