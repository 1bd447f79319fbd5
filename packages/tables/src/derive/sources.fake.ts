import type { Change, ChangeStream } from "@heddle/contracts";
import * as fc from "fast-check";
import {
  createTable,
  isFailure,
  type Key,
  type MutableTable,
  type Snapshot,
  transaction,
} from "../index.ts";

/** A pod as far as these derivations look at it. */
export interface Pod {
  readonly node: string;
  readonly size: number;
}

/** Throws for one size, as a user function may for a value that it did not expect. */
export function weigh(pod: Pod): number {
  if (pod.size === 3) throw new RangeError("three");
  return pod.size * 10;
}

/** Values as they compare: failures by what they say, groups by their members. */
function plain(value: unknown): unknown {
  if (isFailure(value)) return `failed: ${value.error.message}`;
  if (isSnapshot(value)) return new Map(value.entries());
  return value;
}

function isSnapshot(value: unknown): value is Snapshot<Key, unknown> {
  return typeof value === "object" && value !== null && "entries" in value;
}

/** What a consumer makes of a stream, and what was not right about it. */
export class Consumer<K extends Key, V> {
  readonly held: Map<K, unknown> = new Map();
  readonly mistakes: string[] = [];
  synced = 0;

  constructor(stream$: ChangeStream<K, V>) {
    stream$.subscribe((change) => this.#apply(change));
  }

  #apply(change: Change<K, V>): void {
    if (change.kind === "upsert") this.held.set(change.key, plain(change.value));
    else if (change.kind === "synced") this.synced++;
    else if (!this.held.delete(change.key))
      this.mistakes.push(`deleted unknown ${String(change.key)}`);
  }
}

/** Names of nodes are also names of pods, so that the sources have keys in common. */
const names = fc.constantFrom("a", "b", "c");
const pod = fc.record({ node: names, size: fc.nat(3) });
/** What happens to the sources. */
type Write =
  | { readonly kind: "pod"; readonly key: string; readonly value: Pod }
  | { readonly kind: "node"; readonly key: string; readonly value: number }
  | { readonly kind: "no pod" | "no node"; readonly key: string }
  | { readonly kind: "pods synced" | "nodes synced" };

/** What happens, alone or as one, or that somebody else subscribes. */
export type Step =
  | Write
  | { readonly kind: "transaction"; readonly writes: readonly Write[] }
  | { readonly kind: "subscribe" };

const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pod"), key: names, value: pod }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("no pod"), key: names }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("node"), key: names, value: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("no node"), key: names }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("pods synced", "nodes synced") }) },
);

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: write },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("transaction"),
      writes: fc.array(write, { minLength: 2, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("subscribe") }) },
);

/** Two tables to derive from. */
export class Sources {
  readonly pods: MutableTable<string, Pod> = createTable({ name: "pods" });
  readonly nodes: MutableTable<string, number> = createTable({ name: "nodes" });

  apply(one: Step): void {
    if (one.kind === "transaction") {
      transaction(() => {
        for (const each of one.writes) this.apply(each);
      });
    } else if (one.kind === "pod") this.pods.upsert(one.key, one.value);
    else if (one.kind === "node") this.nodes.upsert(one.key, one.value);
    else if (one.kind === "no pod") this.pods.delete(one.key);
    else if (one.kind === "no node") this.nodes.delete(one.key);
    else if (one.kind === "pods synced") this.pods.markSynced();
    else if (one.kind === "nodes synced") this.nodes.markSynced();
  }
}
