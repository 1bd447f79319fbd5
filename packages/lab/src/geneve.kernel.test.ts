import { ipFamilies } from "@heddle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LabRouting } from "./index.ts";
import { addressOf, dialAll } from "./testing/dial-all.ts";
import { createLabScene, type LabScene, serverPod } from "./testing/lab-scene.ts";

const modes: readonly (readonly LabRouting[])[] = [
  ["geneve", "geneve"],
  ["direct", "geneve"],
];

describe.each(modes)("nodes with %s and %s", (...routing) => {
  let scene: LabScene;
  beforeAll(async () => {
    const pods = serverPod("a1", "node-1") + serverPod("a2", "node-1") + serverPod("b1", "node-2");
    scene = await createLabScene({ pods, routing });
  });
  afterAll(async () => scene[Symbol.asyncDispose]());

  describe.each(ipFamilies)("IPv%i", (family) => {
    it.each(["tcp", "udp"] as const)(
      "reaches everybody from everybody by %s, with its own address",
      async (protocol) => {
        const probes = scene.lab.probes();
        const results = await dialAll(probes, family, protocol);
        const expected = probes.flatMap((from) =>
          probes
            .filter((to) => to !== from)
            .map((to) => ({ from: from.name, to: to.name, client: addressOf(from, family) })),
        );
        expect(results).toEqual(expected);
      },
    );
  });
});
