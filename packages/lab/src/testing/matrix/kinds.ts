import type { IpAddress, IpFamily } from "@heddle/contracts";
import { defaultPort } from "../../index.ts";
import { askProbe, dialOnce } from "../dial-all.ts";
import { run } from "../lab-scene.ts";
import type { End, EndName, Pair } from "./ends.ts";

/** One cell of the matrix, ready to be tried. */
export interface Trial {
  readonly pair: Pair;
  readonly family: IpFamily;
  readonly from: End;
  readonly to: End;
  readonly target: IpAddress;
  /** The address that the other end sees. */
  readonly client: IpAddress | undefined;
  /** Bytes of the largest packet that gets through, that the sender's device takes, and the other end's. */
  readonly mtu: { readonly path: number; readonly device: number; readonly answers: number };
  readonly end: (name: EndName) => End;
}

/** Tries a cell, and gives what was expected and what came instead; undefined when all is well. */
type Kind = (trial: Trial) => Promise<string | undefined>;

/** A kind of traffic, and which lab it is tried in. */
export interface KindRow {
  readonly name: string;
  readonly lab: "flat" | "narrow";
  readonly attempt: Kind;
}

/** Bytes that TCP carries there, and back again. */
const tcpBytes = 3_000_000;

/** Bytes of a datagram that is cut into fragments anywhere. */
const largeDatagram = 8000;

/** Milliseconds that bytes have to come back. */
const patience = 5000;

export const kinds: readonly KindRow[] = [
  { name: "TCP", lab: "flat", attempt: inOrder(seesClient("tcp"), transfers("tcp", tcpBytes)) },
  { name: "UDP", lab: "flat", attempt: inOrder(seesClient("udp"), transfers("udp", 1000)) },
  { name: "echo", lab: "flat", attempt: echoes(56) },
  {
    name: "large",
    lab: "flat",
    attempt: inOrder(echoes(largeDatagram), transfers("udp", largeDatagram)),
  },
  { name: "traceroute", lab: "flat", attempt: traces },
  {
    name: "PMTU by TCP",
    lab: "narrow",
    attempt: inOrder(forgets, transfers("tcp", tcpBytes), learnsByTcp),
  },
  {
    name: "large, narrow",
    lab: "narrow",
    attempt: inOrder(forgets, transfers("udp", largeDatagram), learnsForFragments),
  },
  { name: "PMTU by UDP", lab: "narrow", attempt: inOrder(forgets, fillsDevice, learns) },
];

/** The first problem of several steps. */
function inOrder(...steps: readonly Kind[]): Kind {
  return async (trial) => {
    for (const step of steps) {
      const problem = await step(trial);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function difference(what: string, expected: unknown, came: unknown): string | undefined {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(came)];
  return wanted === got ? undefined : `${what}: expected ${wanted}, got ${got}`;
}

/** The other end sees the sender's own address; outside of the cluster, a pod's node's. */
function seesClient(protocol: "tcp" | "udp"): Kind {
  return async ({ from, target, client }) =>
    difference("client", client, await dialOnce(from.control, target, protocol));
}

/** Bytes come back as they were sent. */
function transfers(protocol: "tcp" | "udp", bytes: number): Kind {
  return async (trial) => {
    const { reached, error } = await ask(trial, protocol, bytes);
    return reached === true ? undefined : `${protocol} of ${String(bytes)} bytes: ${String(error)}`;
  };
}

/** A datagram as large as the sender's device arrives; where the path is narrower, the sender's socket is told. */
async function fillsDevice(trial: Trial): Promise<string | undefined> {
  const headers = (trial.family === 4 ? 20 : 40) + 8;
  const { reached, tooLarge, error } = await ask(trial, "udp", trial.mtu.device - headers);
  if (reached !== true) return `udp as large as the device: ${String(error)}`;
  return difference("told that it is too large", trial.mtu.path < trial.mtu.device, tooLarge);
}

async function ask(
  { from, target }: Trial,
  protocol: "tcp" | "udp",
  bytes: number,
): Promise<Record<string, unknown>> {
  const query = {
    host: target,
    port: String(defaultPort),
    protocol,
    bytes: String(bytes),
    timeout: String(patience),
  };
  return askProbe(from.control, `/transfer?${new URLSearchParams(query).toString()}`);
}

/** Where fragments of IPv6 are too large for the way, the first of either side is lost, and tells its sender. */
function echoes(bytes: number): Kind {
  return async ({ from, target, family, mtu }) => {
    const isTold = family === 6 && bytes > mtu.path && Math.max(mtu.device, mtu.answers) > mtu.path;
    const count = ["-c", isTold ? "3" : "1"];
    const { stdout } = await run(
      from.run(["ping", "-nq", ...count, "-W3", "-s", String(bytes), target]),
    );
    return /[1-3] received/.test(stdout) ? undefined : `ping of ${String(bytes)} bytes: ${stdout}`;
  };
}

/** Each hop says in turn that the hop limit is used up, and then the target answers. */
async function traces({ pair, from, target, family, end }: Trial): Promise<string | undefined> {
  const hops = pair.hops.map(
    (name, index) => end(name).address(family) ?? unaddressed(family, index),
  );
  const seen: string[] = [];
  for (let limit = 1; limit <= hops.length + 1; limit++)
    seen.push(await hopAt(from, target, limit));
  return difference("hops", [...hops, target], seen);
}

const linkLocal = "a link-local address";
const nobody = "nobody";

/**
 * Who answers for a node without an address of the family: over IPv4 an address that is nobody's (RFC 7600), over
 * IPv6 one of its link, which gets no further than there.
 */
function unaddressed(family: IpFamily, index: number): string {
  if (family === 4) return "192.0.0.8";
  return index === 0 ? linkLocal : nobody;
}

async function hopAt(from: End, target: IpAddress, limit: number): Promise<string> {
  const command = ["ping", "-nc1", "-W2", "-t", String(limit), target];
  const answer = /^(?:From (\S+) icmp_seq=1 Time (?:to live|exceeded)|\d+ bytes from (\S+):)/m;
  // A kernel tells one sender so once a second at least (icmp_ratelimit); who asks later is told.
  for (let attempt = 1; attempt <= 2; attempt++) {
    const { stdout } = await run(from.run(command));
    const [, router, host] = answer.exec(stdout) ?? [];
    const hop = router ?? host;
    if (hop !== undefined) return hop.startsWith("fe80:") ? linkLocal : hop;
  }
  return nobody;
}

/**
 * Neither end knows anything of earlier attempts. One that answers and does would offer TCP segments that are small
 * enough.
 */
async function forgets({ from, to, family }: Trial): Promise<undefined> {
  const command = ["ip", `-${String(family)}`, "route", "flush", "cache"];
  for (const end of [from, to]) await run(end.run(command));
}

/** IPv4 fragments are cut once more by whoever has to (RFC 791); those of IPv6 by their sender alone (RFC 8200). */
async function learnsForFragments(trial: Trial): Promise<string | undefined> {
  return trial.family === 6 ? learns(trial) : undefined;
}

/** Of TCP it is told by nobody what the other end has said itself: the most that its device takes. */
async function learnsByTcp(trial: Trial): Promise<string | undefined> {
  const { path, device, answers } = trial.mtu;
  return learns({ ...trial, mtu: { path, device: Math.min(device, answers), answers } });
}

/** The sender knows the path's MTU, if it is not its device's. */
async function learns({ from, target, mtu }: Trial): Promise<string | undefined> {
  const { stdout } = await run(from.run(["ip", "route", "get", target]));
  const learnt = /mtu (\d+)/.exec(stdout)?.[1];
  const expected = mtu.path < mtu.device ? String(mtu.path) : undefined;
  return difference("MTU of the sender's route", expected, learnt);
}
