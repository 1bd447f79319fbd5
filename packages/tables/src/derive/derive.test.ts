import type { ChangeStream } from "@heddle/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Derived,
  distinct,
  failures,
  filterValues,
  flatten,
  group,
  join,
  type Key,
  mapValues,
  rekey,
  successes,
  union,
} from "../index.ts";
import { Consumer, type Pod, Sources, step, weigh } from "./sources.fake.ts";

type Pods = ReadonlyMap<string, Pod>;
type Nodes = ReadonlyMap<string, number>;

/** A law: what a stream comes to, computed from scratch. */
interface Case {
  readonly name: string;
  readonly derive: (
    pods$: ChangeStream<string, Pod>,
    nodes$: ChangeStream<string, number>,
  ) => ChangeStream<Key, unknown>;
  readonly fromScratch: (pods: Pods, nodes: Nodes) => Map<Key, unknown>;
  /** Which sources have to have synced before the result may. */
  readonly sources: readonly ("pods" | "nodes")[];
}

function entriesOf(pods: Pods): (readonly [string, Pod])[] {
  return [...pods].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function onNode(pods: Pods, node: string): Map<string, Pod> {
  return new Map([...pods].filter(([, pod]) => pod.node === node));
}

/** What {@link weigh} comes to for each pod, failures as `plain` shows them. */
function weighed(pods: Pods): Map<string, number | string> {
  return new Map(
    [...pods].map(([key, pod]) => [
      key,
      pod.size === 3 ? `failed: derive ${key}: three` : pod.size * 10,
    ]),
  );
}

const addresses = (pod: Pod) =>
  Array.from({ length: pod.size }, (_, index) => `${pod.node}.${String(index)}`);

const cases: readonly Case[] = [
  {
    name: "mapValues",
    derive: (pods$) => mapValues(pods$, weigh),
    fromScratch: weighed,
    sources: ["pods"],
  },
  {
    name: "mapValues of what failed before",
    derive: (pods$) => mapValues(mapValues(pods$, weigh), (weight) => weight * 2),
    fromScratch: (pods) =>
      new Map([...weighed(pods)].map(([key, w]) => [key, typeof w === "number" ? w * 2 : w])),
    sources: ["pods"],
  },
  {
    name: "filterValues",
    derive: (pods$) => filterValues(pods$, (pod) => weigh(pod) > 10),
    fromScratch: (pods) =>
      new Map(
        [...weighed(pods)]
          .filter(([, w]) => typeof w === "string" || w > 10)
          .map(([key, w]) => [key, typeof w === "string" ? w : pods.get(key)]),
      ),
    sources: ["pods"],
  },
  {
    name: "successes",
    derive: (pods$) => successes(mapValues(pods$, weigh)),
    fromScratch: (pods) => new Map([...weighed(pods)].filter(([, w]) => typeof w === "number")),
    sources: ["pods"],
  },
  {
    name: "failures",
    derive: (pods$) => failures(mapValues(pods$, weigh)),
    fromScratch: (pods) => new Map([...weighed(pods)].filter(([, w]) => typeof w === "string")),
    sources: ["pods"],
  },
  {
    name: "distinct",
    derive: (pods$) => distinct(mapValues(pods$, weigh)),
    fromScratch: weighed,
    sources: ["pods"],
  },
  {
    name: "rekey",
    derive: (pods$) => rekey(pods$, (pod) => weigh(pod)),
    fromScratch: (pods) =>
      new Map(
        entriesOf(pods)
          .toReversed()
          .filter(([, pod]) => pod.size !== 3)
          .map(([, pod]) => [pod.size * 10, pod]),
      ),
    sources: ["pods"],
  },
  {
    name: "flatten",
    derive: (pods$) =>
      flatten(
        mapValues(pods$, (pod, key) => addresses(pod).map((address) => [address, key] as const)),
      ),
    fromScratch: (pods) =>
      new Map(
        entriesOf(pods)
          .toReversed()
          .flatMap(([key, pod]) => addresses(pod).map((address) => [address, key] as const)),
      ),
    sources: ["pods"],
  },
  {
    name: "group",
    derive: (pods$) => group(pods$, (pod) => pod.node),
    fromScratch: (pods) =>
      new Map([...pods.values()].map(({ node }) => [node, onNode(pods, node)])),
    sources: ["pods"],
  },
  {
    name: "group of what failed",
    derive: (pods$) => group(pods$, weigh),
    fromScratch: (pods) => {
      const good = new Map([...pods].filter(([, pod]) => pod.size !== 3));
      const ofSize = (size: number) => new Map([...good].filter(([, pod]) => pod.size === size));
      return new Map([...good.values()].map(({ size }) => [size * 10, ofSize(size)]));
    },
    sources: ["pods"],
  },
  {
    name: "join by reference",
    derive: (pods$, nodes$) =>
      join(
        mapValues(pods$, (pod) => pod),
        nodes$,
        (pod) => pod.node,
        (pod, node) => weigh(pod) + node,
      ),
    fromScratch: (pods, nodes) =>
      new Map(
        [...weighed(pods)].flatMap(([key, w]) => {
          const node = nodes.get(pods.get(key)?.node ?? "");
          if (node === undefined) return [];
          return [[key, typeof w === "number" ? w + node : w] as const];
        }),
      ),
    sources: ["pods", "nodes"],
  },
  {
    name: "join by the same key, with failures on the right",
    derive: (pods$, nodes$) =>
      join(
        nodes$,
        mapValues(pods$, weigh),
        (_, key) => key,
        (node, weight) => node + weight,
      ),
    fromScratch: (pods, nodes) =>
      new Map(
        [...weighed(pods)].flatMap(([key, w]) => {
          const node = nodes.get(key);
          if (node === undefined) return [];
          return [[key, typeof w === "number" ? w + node : w] as const];
        }),
      ),
    sources: ["pods", "nodes"],
  },
  {
    name: "union",
    derive: (pods$, nodes$) => union<string, Derived<number>>([mapValues(pods$, weigh), nodes$]),
    fromScratch: (pods, nodes) => new Map([...nodes, ...weighed(pods)]),
    sources: ["pods", "nodes"],
  },
  {
    name: "a chain of them",
    derive: (pods$, nodes$) =>
      group(
        join(
          filterValues(pods$, (pod) => pod.size > 0),
          nodes$,
          (pod) => pod.node,
          (pod) => pod,
        ),
        (pod) => pod.size,
      ),
    fromScratch: (pods, nodes) => {
      const good = [...pods].filter(([, pod]) => pod.size > 0 && nodes.has(pod.node));
      const ofSize = (size: number) => new Map(good.filter(([, pod]) => pod.size === size));
      return new Map(good.map(([, { size }]) => [size, ofSize(size)]));
    },
    sources: ["pods", "nodes"],
  },
];

describe.each(cases)("$name", ({ derive, fromScratch, sources }) => {
  it("is at each moment what it would be from scratch, and synced with its sources", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tables = new Sources();
        const stream$ = derive(tables.pods.changes$, tables.nodes.changes$);
        const consumers = [new Consumer(stream$)];
        for (const one of steps) {
          if (one.kind === "subscribe") consumers.push(new Consumer(stream$));
          tables.apply(one);
          const expected = fromScratch(
            new Map(tables.pods.entries()),
            new Map(tables.nodes.entries()),
          );
          const synced = sources.every((source) => tables[source].synced);
          for (const consumer of consumers) {
            expect(consumer.held).toEqual(expected);
            expect(consumer.mistakes).toEqual([]);
            expect(consumer.synced).toBe(synced ? 1 : 0);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
