import {
  allowsNothingMalformed,
  type FuzzTarget,
  type Ledger,
  leavesUntouched,
  type Run,
  validFrame,
  type Verdict,
} from "@heddle-tools/fuzz";
import { identity, type IpFamily, parseMac } from "@heddle/contracts";
import { Reason } from "@heddle/datapath";
import { tunnelNodesMap, tunnelPeersMap, tunnelSelfMap, tunnelsMap } from "@heddle/encap-geneve";
import { endpointCountsMap, geneveObject } from "@heddle/encap-geneve/bpf";
import { type LoadedObject, loadObject } from "libbpf-napi";
import { node } from "../scene.ts";
import { connectTunnels, TunnelScene } from "../tunnel-scene.ts";
import { countLedger, objectFile, readCounts } from "./standalone.ts";
import { lenient, verdicts } from "./targets.ts";
import { entersTunnels, type TunnelEnd } from "./tunnel-entry.ts";
import { intoDevice, leavesTunnels } from "./tunnel-exit.ts";
import { mutateTunnelled, tunnelledFrame } from "./tunnel-frames.ts";
import { insideTunnels, intoTunnels } from "./tunnel-targets.ts";

/** The MAC address of the device by which packets come out of tunnels. */
const mac = parseMac("02:00:00:00:0e:0d");

const settings = { tunnelChecksum: 3, tunnelCluster: 9 } as const;

/** A tunnel endpoint by itself, in the place of a scene's node. */
interface Endpoint {
  readonly tunnels: TunnelScene;
  readonly end: TunnelEnd;
  readonly object: LoadedObject;
}

async function openEndpoint(stack: AsyncDisposableStack, underlay: IpFamily): Promise<Endpoint> {
  const tunnels = stack.use(await TunnelScene.create(underlay));
  const { scene } = tunnels;
  const end = { underlay, addresses: node, identity: identity(4711), settings };
  const object = stack.use(
    await loadObject(geneveObject, objectFile("encap-geneve", "geneve"), {
      settings: {
        ...settings,
        endpointIdentity: end.identity,
        endpointUnderlay: scene.uplink,
        endpointMac: mac,
      },
    }),
  );
  const maps = {
    self: object.map(tunnelSelfMap),
    tunnels: object.map(tunnelsMap),
    nodes: object.map(tunnelNodesMap),
    peers: object.map(tunnelPeersMap),
  };
  connectTunnels(maps, underlay);
  return { tunnels, end, object };
}

function counts(object: LoadedObject, verdictOf: (reason: number) => Verdict | undefined): Ledger {
  const read = () => readCounts(object.perCpuMap(endpointCountsMap));
  return countLedger({ read, verdictOf, counts: () => true });
}

/** `endpoint_out`: what leaves the device of a tunnel endpoint. */
export async function endpointOut(stack: AsyncDisposableStack): Promise<FuzzTarget> {
  const { tunnels, end, object } = await openEndpoint(stack, 4);
  const { scene } = tunnels;
  const traffic = intoTunnels(scene);
  return {
    name: "endpoint_out",
    program: object.program(geneveObject.programs.endpointOut.name),
    netns: scene.netns.path,
    contexts: [{ ifindex: scene.web.ifindex }],
    validFrame: (random) => validFrame(random, traffic),
    verdicts,
    oracles: [
      allowsNothingMalformed({ allows: ["redirected"], lenient }),
      leavesUntouched,
      entersTunnels(end),
      { name: "what it cannot take it leaves alone", judge: lossProblem },
    ],
    ledgers: [
      counts(object, (reason) =>
        reason >= 64 && reason !== Reason.noTunnel ? "dropped" : undefined,
      ),
    ],
  };
}

/** Only what would be cut up in two ways at once is lost. */
function lossProblem({ verdict, context }: Run): string | undefined {
  return verdict === "dropped" && context.gsoSize === undefined ? "it was dropped" : undefined;
}

/** `endpoint_in`: what comes from the network to a tunnel endpoint. */
export async function endpointIn(stack: AsyncDisposableStack): Promise<FuzzTarget> {
  const { tunnels, object } = await openEndpoint(stack, 6);
  const { scene } = tunnels;
  const inside = insideTunnels(scene);
  return {
    name: "endpoint_in",
    program: object.program(geneveObject.programs.endpointIn.name),
    netns: scene.netns.path,
    contexts: [{ ifindex: scene.uplink }],
    validFrame: (random) => tunnelledFrame(random, tunnels, inside),
    mutate: mutateTunnelled,
    verdicts,
    oracles: [
      leavesTunnels({
        mac: scene.uplinkMac,
        lenient,
        judgeContents: intoDevice(mac),
        others: [leavesUntouched, { name: "the rest is passed on", judge: restProblem }],
      }),
    ],
    ledgers: [counts(object, (reason) => (reason >= 64 ? "dropped" : undefined))],
  };
}

function restProblem({ verdict }: Run): string | undefined {
  return verdict === "passed" ? undefined : `it was ${verdict}, and is of no tunnel`;
}
