import type { ChangeStream } from "@heddle/contracts";
import { createTable, type Derived, join, type MutableTable } from "@heddle/tables";

interface Pod {
  readonly node: number;
  readonly label: number;
  readonly revision: number;
}

const nodes = 5000;
const identities = 1000;

/** Numbers by key, each made of an item and of one of each of two other tables, as a kernel map would hold them. */
export interface TwoJoins {
  readonly pods: MutableTable<number, unknown>;
  readonly desired$: ChangeStream<number, Derived<number>>;
  /** Makes the number of a key one of this revision, which its upper 16 bits are. */
  readonly upsert: (key: number, revision: number) => void;
}

export function createTwoJoins(): TwoJoins {
  const pods = createTable<number, Pod>({ name: "pods" });
  const withNode$ = join(
    pods.gradualChanges$,
    numbers("nodes", nodes).changes$,
    (pod) => pod.node,
    (pod, node) => ({ ...pod, node }),
  );
  const desired$ = join(
    withNode$,
    numbers("identities", identities).changes$,
    (pod) => pod.label,
    ({ revision }, identity) => revision * 2 ** 16 + identity,
  );
  const upsert = (key: number, revision: number) => {
    pods.upsert(key, { node: key % nodes, label: key % identities, revision });
  };
  return { pods, desired$, upsert };
}

function numbers(name: string, count: number): MutableTable<number, number> {
  const table = createTable<number, number>({ name });
  for (let index = 0; index < count; index++) table.upsert(index, index);
  table.markSynced();
  return table;
}
