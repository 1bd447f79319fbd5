import { ipFamilies, type IpFamily } from "@heddle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultPort, type LabProbe } from "./index.ts";
import { addressOf, dialOnce } from "./testing/dial-all.ts";
import { agentPid, createLabScene, type LabScene, run, serverPod } from "./testing/lab-scene.ts";

let scene: LabScene;

function probe(name: string): LabProbe {
  const found = scene.lab.probes().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no probe ${name}`);
  return found;
}

function addressFor(name: string, family: IpFamily) {
  const address = addressOf(probe(name), family);
  if (address === undefined) throw new Error(`${name} has no address of IPv${String(family)}`);
  return address;
}

const inA1 = (...command: readonly string[]) => run(scene.lab.inPod("a1", command));

/** Asks the outside every few milliseconds, for some seconds, over one connection. */
const askOn = (host: string) => `
  const http = require("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const [sockets, end] = [new Set(), Date.now() + 5000];
  let answers = 0;
  const ask = () =>
    http
      .get({ agent, host: "${host}", port: ${String(defaultPort)}, path: "/clientip" }, (response) => {
        sockets.add(response.socket);
        response.resume().on("end", () => {
          answers++;
          if (Date.now() < end) return setTimeout(ask, 5);
          console.log(JSON.stringify({ sockets: sockets.size, isBusy: answers > 50 }));
          process.exit();
        });
      })
      .on("error", (error) => console.log(String(error)));
  ask();`;

/** The pods' addresses, of all nodes. */
const podRanges = [
  [4, "10.244.0.0/16"],
  [6, "fd00:10:244::/48"],
] as const;

describe.each(["direct", "geneve"] as const)("outside of a cluster with %s routing", (routing) => {
  beforeAll(async () => {
    const pods = serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2");
    scene = await createLabScene({ pods, routing });
    // Nobody there has heard of pods.
    for (const [family, prefix] of podRanges) {
      const routes = (verb: string) =>
        run(scene.lab.outside(["ip", `-${String(family)}`, "route", verb, "root", prefix]));
      await routes("flush");
      const { stdout } = await routes("show");
      if (stdout !== "") throw new Error(`the outside has routes to pods: ${stdout}`);
    }
  });
  afterAll(async () => scene[Symbol.asyncDispose]());

  it.each(ipFamilies)(
    "pods have their nodes' addresses over IPv%i, and are answered",
    async (family) => {
      const outside = addressFor("outside", family);
      for (const [pod, node] of [
        ["default/a1", "node-1"],
        ["default/a2", "node-1"],
        ["default/b1", "node-2"],
      ] as const) {
        for (const protocol of ["tcp", "udp"] as const) {
          const seen = await dialOnce(probe(pod).control, outside, protocol);
          expect({ pod, protocol, seen }).toEqual({
            pod,
            protocol,
            seen: addressFor(node, family),
          });
        }
      }
      const { stdout } = await inA1("ping", "-nq", "-c3", "-i0.2", "-W2", "-s", "4000", outside);
      // Fragments of IPv6 that do not fit the pod's device are lost until their sender is told.
      expect(stdout).toMatch(/[23] received/);
    },
  );

  it.each(ipFamilies)("a port that nobody listens at refuses a pod over IPv%i", async (family) => {
    const seen = await dialOnce(
      probe("default/a1").control,
      addressFor("outside", family),
      "tcp",
      9,
    );
    expect(seen).toContain("ECONNREFUSED");
  });

  it("connections and echoes go on while agents are killed and come back", async () => {
    const streams = ipFamilies.map(async (family) => {
      const outside = addressFor("outside", family);
      const [asked, echoed] = await Promise.all([
        inA1(process.execPath, "-e", askOn(outside)),
        inA1("ping", "-nq", "-i0.002", "-c2000", "-W1", outside),
      ]);
      expect(JSON.parse(asked.stdout)).toEqual({ sockets: 1, isBusy: true });
      expect(echoed.stdout).toContain("2000 received, 0% packet loss");
    });
    process.kill(await agentPid(scene.lab, "node-1"), "SIGKILL");
    await scene.lab.restartAgent("node-1");
    await Promise.all(streams);
    const outside = addressFor("outside", 4);
    expect(await dialOnce(probe("default/a1").control, outside, "tcp")).toBe(
      addressFor("node-1", 4),
    );
  });
});

describe("destinations that know the pods' addresses", () => {
  beforeAll(async () => {
    // Of one family, so that what is told of one is not taken for the other.
    const agentOptions = { masqueradeExclude: "[0.0.0.0/0]" };
    scene = await createLabScene({ pods: serverPod("a1", "node-1"), nodes: 1, agentOptions });
  });
  afterAll(async () => scene[Symbol.asyncDispose]());

  it.each([
    [4, "default/a1"],
    [6, "node-1"],
  ] as const)("see over IPv%i the address of %s", async (family, seen) => {
    const outside = addressFor("outside", family);
    for (const protocol of ["tcp", "udp"] as const) {
      const found = await dialOnce(probe("default/a1").control, outside, protocol);
      expect({ protocol, found }).toEqual({ protocol, found: addressFor(seen, family) });
    }
  });
});
