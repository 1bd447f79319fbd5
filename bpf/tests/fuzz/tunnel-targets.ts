import {
  allowsNothingMalformed,
  type FuzzTarget,
  leavesUntouched,
  type Traffic,
  validFrame,
} from "@heddle-tools/fuzz";
import { Hook } from "@heddle/datapath";
import { absentPod, gatewayMac, node, outside, peer, remotePod, type Scene } from "../scene.ts";
import { third, thirdPod, type TunnelScene } from "../tunnel-scene.ts";
import { counterLedger, connectionLedger } from "./ledgers.ts";
import { networkIsOutside, rewritesRight } from "./oracles.ts";
import { both, findsWay, lenient, nowhere, often, strangerMac, verdicts } from "./targets.ts";
import { endOf, entersTunnels } from "./tunnel-entry.ts";
import { leavesTunnels, toPodOrNode } from "./tunnel-exit.ts";
import { mutateTunnelled, tunnelledFrame } from "./tunnel-frames.ts";

/** What the stack of an end of tunnels sends. */
export function intoTunnels({ web }: Scene): Traffic {
  return {
    sourceMacs: often(gatewayMac, strangerMac),
    destinationMacs: often(gatewayMac, strangerMac),
    sources: both(node, node, web.address, outside),
    destinations: [
      ...both(remotePod, remotePod, remotePod, thirdPod, thirdPod, peer, third),
      ...both(outside),
      ...nowhere,
    ],
  };
}

/** What the node's own stack sends to pods of other nodes: by the tunnel device, or cut up by the other end of its pair. */
export function toTunnel(tunnels: TunnelScene, program: "toTunnel" | "toTunnelCut"): FuzzTarget {
  const { scene } = tunnels;
  const traffic = intoTunnels(scene);
  const cutsUp = program === "toTunnel" && (tunnels.settings.tunnelChecksum ?? 0) !== 0;
  return {
    name: program === "toTunnel" ? "to_tunnel" : "to_tunnel_cut",
    program: scene.program(program),
    netns: scene.netns.path,
    // Any device will do: the programs ask for no other than the one that leads to the network.
    contexts: often({ ifindex: scene.web.ifindex }, { ifindex: scene.db.ifindex }),
    validFrame: (random) => validFrame(random, traffic),
    verdicts,
    oracles: [
      allowsNothingMalformed({ allows: ["redirected"], lenient }),
      leavesUntouched,
      entersTunnels(endOf(tunnels)),
      {
        name: "only what is to be cut up is passed on",
        judge: ({ verdict, context }) =>
          verdict === "passed" && !(cutsUp && (context.gsoSize ?? 0) > 0)
            ? "it was passed on"
            : undefined,
      },
    ],
    ledgers: [
      counterLedger(scene, Hook.toTunnel),
      connectionLedger(scene, { leavesEntry: findsWay }),
    ],
  };
}

/** What other nodes put into tunnels, and what they should not. */
export function insideTunnels({ web, db }: Scene): Traffic {
  return {
    sourceMacs: often(gatewayMac, strangerMac),
    destinationMacs: often(gatewayMac, strangerMac),
    sources: [
      ...Array.from({ length: 9 }, () => both(remotePod, remotePod, peer)).flat(),
      ...both(thirdPod, third, web.address, node, outside),
      ...nowhere,
    ],
    destinations: [
      ...Array.from({ length: 9 }, () => both(web.address, db.address)).flat(),
      ...both(node, absentPod, thirdPod, remotePod, outside),
    ],
  };
}

/** What the network sends to a node that takes packets out of tunnels. */
export function fromTunnels(tunnels: TunnelScene): FuzzTarget {
  const { scene } = tunnels;
  const { web, db } = scene;
  const inside = insideTunnels(scene);
  const around: Traffic = {
    sourceMacs: [strangerMac],
    destinationMacs: often(scene.uplinkMac, strangerMac),
    sources: both(remotePod, outside, peer, web.address),
    destinations: both(web.address, db.address, node),
  };
  return {
    name: "from_net of tunnels",
    program: scene.program("fromNet"),
    netns: scene.netns.path,
    contexts: [{ ifindex: scene.uplink }],
    validFrame: (random) =>
      random.chance(0.9) ? tunnelledFrame(random, tunnels, inside) : validFrame(random, around),
    mutate: mutateTunnelled,
    verdicts,
    oracles: [
      leavesTunnels({
        mac: scene.uplinkMac,
        lenient,
        judgeContents: toPodOrNode(scene),
        others: [
          allowsNothingMalformed({ allows: ["redirected"], lenient }),
          leavesUntouched,
          networkIsOutside(scene),
          rewritesRight(scene),
        ],
      }),
    ],
    ledgers: [counterLedger(scene, Hook.fromNet, Hook.fromTunnel), connectionLedger(scene)],
  };
}
