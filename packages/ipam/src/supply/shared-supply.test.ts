import { createManualClock, parsePrefix } from "@heddle/contracts";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  createIpam,
  createMemoryStore,
  createPrefixSupply,
  createSharedPool,
  neededAddresses,
  type NodeBlock,
  nodeSource,
  type SharedConfig,
} from "../index.ts";

const cluster = (text: string, nodeLength: number) => ({ prefix: parsePrefix(text), nodeLength });

/** Lets everything that waits for nothing but its turn happen. */
async function rest(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve(); // oxlint-disable-line no-await-in-loop
}

const node = fc.nat(2);
const step = fc.oneof(
  fc.record({ node, pods: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ node, gone: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ advance: fc.nat(3000) }),
);

it("nodes that share a pool have what they need, nothing in common, and give back what they do not need", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = createManualClock();
      const blocks = createMemoryStore<NodeBlock>();
      const configs = createMemoryStore<SharedConfig>();
      const many = [cluster("10.0.0.0/22", 28), cluster("fd00::/112", 120)];
      const nodes = await Promise.all(
        ["a", "b", "c"].map(async (name) => {
          const pool = createSharedPool({ blocks, configs, clock }, { prefixes: many });
          await pool.start();
          const ipam = createIpam({ clock }, { prefixes: [] });
          const supply = createPrefixSupply(
            { ipam, source: nodeSource(pool, name), clock },
            { families: [4, 6], preAllocate: 8, releaseAfter: 1000 },
          );
          await supply.start();
          return { name, pool, ipam, supply, pods: [] as string[] };
        }),
      );
      let count = 0;
      for (const one of steps) {
        const at = "node" in one ? nodes[one.node] : undefined;
        if ("pods" in one) {
          for (let pod = 0; pod < one.pods; pod++) {
            const owner = `pod-${String(count++)}`;
            at?.pods.push(owner);
            await at?.supply.allocate(owner, [4, 6]); // oxlint-disable-line no-await-in-loop
          }
        } else if ("gone" in one) {
          for (const owner of at?.pods.splice(0, one.gone) ?? []) at?.ipam.release(owner);
        } else {
          clock.advance(one.advance);
        }
        await rest(1200); // oxlint-disable-line no-await-in-loop
        const all = nodes.flatMap(({ ipam }) =>
          Array.from(ipam.allocations.entries(), ([, { addresses }]) => addresses).flat(),
        );
        expect(new Set(all).size).toBe(all.length);
        for (const { ipam, supply, pods } of nodes) {
          expect(supply.health$.value.level).toBe("ok");
          for (const family of [4, 6]) {
            const own = ipam.usage$.value.filter((usage) => usage.family === family);
            const capacity = own.reduce((sum, usage) => sum + Number(usage.capacity), 0);
            expect(capacity).toBeGreaterThanOrEqual(neededAddresses(pods.length, 0, 8));
          }
        }
      }
      for (const { ipam, pods } of nodes) for (const owner of pods) ipam.release(owner);
      for (let round = 0; round < 20; round++) {
        await rest(1200); // oxlint-disable-line no-await-in-loop
        clock.advance(1000);
      }
      await rest(1200);
      // A step more than the one that is needed is not given back.
      for (const { ipam, name, pool } of nodes) {
        expect(ipam.usage$.value.length).toBeLessThanOrEqual(4);
        const held = await pool.held(name); // oxlint-disable-line no-await-in-loop
        expect(ipam.usage$.value.map(({ prefix }) => prefix).toSorted()).toEqual(held.toSorted());
      }
      await Promise.all(nodes.flatMap(({ supply, pool }) => [supply.close(), pool.close()]));
    }),
    { numRuns: 40 },
  );
}, 60_000);
