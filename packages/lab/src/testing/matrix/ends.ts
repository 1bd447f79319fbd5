import { type IpAddress, ipFamily, type IpFamily } from "@heddle/contracts";
import type { Lab, LabCommand, LabProbe } from "../../index.ts";

/** Who sends and who answers in the matrix, by the names of their probes. */
export type EndName = "default/a1" | "default/a2" | "default/b1" | "node-1" | "node-2" | "outside";

/** Somebody in the lab of the matrix. */
export interface End {
  readonly name: EndName;
  readonly control: string;
  address(family: IpFamily): IpAddress | undefined;
  /** How a program runs there. */
  run(command: readonly string[]): LabCommand;
}

/** A way through the cluster. */
export interface Pair {
  readonly from: EndName;
  readonly to: EndName;
  /** What the table calls it. */
  readonly name: string;
  /** Who hands packets on, in their order: nodes and, between the halves of a lab, routers. */
  readonly hops: readonly EndName[];
}

/**
 * The pods a1 and a2 are on node-1, b1 is on node-2. Node-2 and the outside host are in the second half of a lab with
 * a narrow link, so that whatever leaves node-1 for them goes through it.
 */
export const pairs: readonly Pair[] = [
  pair("default/a1", "default/a2", "pod -> pod, same node", ["node-1"]),
  pair("default/a1", "default/b1", "pod -> pod, other node", ["node-1", "node-2"]),
  pair("default/a1", "node-1", "pod -> own node", []),
  pair("default/a1", "node-2", "pod -> other node", ["node-1"]),
  pair("default/a1", "outside", "pod -> outside", ["node-1"]),
  pair("node-1", "default/a1", "node -> own pod", []),
  pair("node-1", "default/b1", "node -> pod, other node", ["node-2"]),
  pair("node-1", "node-2", "node -> other node", []),
  pair("node-1", "outside", "node -> outside", []),
  pair("outside", "default/a1", "outside -> pod", ["node-1"]),
  pair("outside", "default/b1", "outside -> pod, near", ["node-2"]),
  pair("outside", "node-1", "outside -> node", []),
];

function pair(from: EndName, to: EndName, name: string, hops: readonly EndName[]): Pair {
  return { from, to, name, hops };
}

const firstHalf: ReadonlySet<EndName> = new Set(["default/a1", "default/a2", "node-1"]);

/** Whether packets go from one half of the lab to the other. */
export function isAcross({ from, to }: Pair): boolean {
  return firstHalf.has(from) !== firstHalf.has(to);
}

/** The ends of a lab that has the pods of the matrix. */
export function endsOf(lab: Lab): (name: EndName) => End {
  return (name) => {
    const probe = lab.probes().find((candidate) => candidate.name === name);
    if (probe === undefined) throw new Error(`the lab has no ${name}`);
    return {
      name,
      control: probe.control,
      address: (family) => addressOf(probe, family),
      run(command) {
        if (name === "outside") return lab.outside(command);
        return name.startsWith("node-") ? lab.onNode(name, command) : lab.inPod(name, command);
      },
    };
  };
}

function addressOf({ addresses }: LabProbe, family: IpFamily): IpAddress | undefined {
  return addresses.find((address) => ipFamily(address) === family);
}
