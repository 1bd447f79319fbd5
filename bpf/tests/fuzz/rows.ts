import type { FuzzTarget, Verdict } from "@heddle-tools/fuzz";
import type { IpFamily } from "@heddle/contracts";
import { Scene, type SceneSettings } from "../scene.ts";
import { TunnelScene } from "../tunnel-scene.ts";
import { endpointIn, endpointOut } from "./geneve.ts";
import { impairs } from "./impair.ts";
import { fromNetMasqueraded, fromPodMasqueraded, toNetMasqueraded } from "./masquerade.ts";
import { ndpAnswers } from "./ndp.ts";
import { fromNet, fromPod, toNet, toPod } from "./targets.ts";
import { fromTunnels, toTunnel } from "./tunnel-targets.ts";

/** A program that is fuzzed. */
export interface FuzzRow {
  readonly name: string;
  /** Makes all that the program needs, and leaves it to the stack to take that away again. */
  readonly open: (stack: AsyncDisposableStack) => Promise<FuzzTarget>;
  /** How much of the campaign it takes; all rows together take 1. */
  readonly share: number;
  /** The least shares of its verdicts that say something. */
  readonly atLeast: Readonly<Partial<Record<Verdict, number>>>;
}

type Open = FuzzRow["open"];

function inScene(target: (scene: Scene) => FuzzTarget | Promise<FuzzTarget>): Open {
  return async (stack) => await target(stack.use(await Scene.create()));
}

function inTunnels(
  underlay: IpFamily,
  target: (tunnels: TunnelScene) => FuzzTarget,
  settings: SceneSettings = {},
): Open {
  return async (stack) => target(stack.use(await TunnelScene.create(underlay, settings)));
}

/** Tunnels with all that can be in their headers. */
const told: SceneSettings = { tunnelChecksum: 3, tunnelCluster: 9 };

/** Every program. A new one is a row here. */
export const fuzzRows: readonly FuzzRow[] = [
  {
    name: "from_pod",
    open: inScene(fromPod),
    share: 0.16,
    atLeast: { redirected: 0.1, passed: 0.02, dropped: 0.2 },
  },
  {
    name: "from_pod into tunnels over IPv4",
    open: inTunnels(4, (tunnels) => fromPod(tunnels.scene, tunnels)),
    share: 0.1,
    atLeast: { redirected: 0.1, passed: 0.02, dropped: 0.2 },
  },
  {
    name: "from_pod into tunnels over IPv6, summed up",
    open: inTunnels(6, (tunnels) => fromPod(tunnels.scene, tunnels), told),
    share: 0.05,
    atLeast: { redirected: 0.1, passed: 0.02, dropped: 0.2 },
  },
  { name: "to_pod", open: inScene(toPod), share: 0.14, atLeast: { passed: 0.1, dropped: 0.2 } },
  {
    name: "from_net",
    open: inScene(fromNet),
    share: 0.12,
    atLeast: { redirected: 0.1, passed: 0.1, dropped: 0.01 },
  },
  {
    name: "from_net out of tunnels over IPv4",
    open: inTunnels(4, fromTunnels),
    share: 0.07,
    atLeast: { redirected: 0.03, passed: 0.01, dropped: 0.2 },
  },
  {
    name: "from_net out of tunnels over IPv6",
    open: inTunnels(6, fromTunnels),
    share: 0.04,
    atLeast: { redirected: 0.03, passed: 0.01, dropped: 0.2 },
  },
  {
    name: "to_tunnel",
    open: inTunnels(4, (tunnels) => toTunnel(tunnels, "toTunnel"), { tunnelChecksum: 1 }),
    share: 0.03,
    atLeast: { redirected: 0.1, passed: 0.01, dropped: 0.2 },
  },
  {
    name: "to_tunnel_cut",
    open: inTunnels(6, (tunnels) => toTunnel(tunnels, "toTunnelCut")),
    share: 0.03,
    atLeast: { redirected: 0.1, dropped: 0.2 },
  },
  {
    name: "ndp_answer_for",
    open: ndpAnswers,
    share: 0.05,
    atLeast: { redirected: 0.1, passed: 0.1, dropped: 0.1 },
  },
  {
    name: "endpoint_out",
    open: endpointOut,
    share: 0.03,
    atLeast: { redirected: 0.1, passed: 0.2 },
  },
  {
    name: "endpoint_in",
    open: endpointIn,
    share: 0.03,
    atLeast: { redirected: 0.03, passed: 0.01, dropped: 0.2 },
  },
  {
    name: "impair_from",
    open: (stack) => impairs(stack, "from"),
    share: 0.01,
    atLeast: { redirected: 0.1, passed: 0.2, dropped: 0.1 },
  },
  {
    name: "impair_to",
    open: (stack) => impairs(stack, "to"),
    share: 0.01,
    atLeast: { redirected: 0.3, passed: 0.02, dropped: 0.1 },
  },
  {
    name: "from_pod, masqueraded",
    open: inScene(fromPodMasqueraded),
    share: 0.05,
    atLeast: { redirected: 0.1, passed: 0.02, dropped: 0.2 },
  },
  {
    name: "from_net, masqueraded",
    open: inScene(fromNetMasqueraded),
    share: 0.05,
    atLeast: { redirected: 0.1, passed: 0.1, dropped: 0.01 },
  },
  {
    name: "to_net, masqueraded",
    open: inScene(toNetMasqueraded),
    share: 0.01,
    atLeast: { passed: 0.5 },
  },
  { name: "to_net", open: inScene(toNet), share: 0.02, atLeast: { passed: 1 } },
];
