import { deepEqual, equal } from "node:assert/strict";
import { u32 } from "./codecs.ts";
import { type ContractCase, throwsCode } from "./contract-case.ts";
import { referenceRules } from "./reference-rules.ts";
import type {
  ReferenceKinds,
  ReferenceMap,
  ReferenceMapSpec,
  ReferenceMapType,
} from "./reference-types.ts";

/** An empty map of references, and what may and may not be in it. */
export interface ReferenceFixture<T extends ReferenceMapType> {
  readonly map: ReferenceMap<number, T>;
  /** Two targets that it takes; they may be the same. */
  readonly targets: readonly [ReferenceKinds[T]["target"], ReferenceKinds[T]["target"]];
  /** What it tells of each; nothing for a type that does not tell. */
  readonly found: readonly ReferenceKinds[T]["found"][];
  /** A target that it refuses with `invalid-argument`. */
  readonly refused: ReferenceKinds[T]["target"];
}

/** Makes an empty map of references. */
export type ReferenceFactory<T extends ReferenceMapType> = (
  spec: ReferenceMapSpec<number, T>,
) => ReferenceFixture<T> | Promise<ReferenceFixture<T>>;

/** The cases for maps of references of one type. */
export function referenceContract<T extends ReferenceMapType>(
  type: T,
): readonly ContractCase<ReferenceFactory<T>>[] {
  const rules = referenceRules[type];
  return [
    ...entryCases(type),
    ...(rules.indexed ? arrayCases(type) : hashCases(type)),
    ...modeCases(type),
  ];
}

function specOf<T extends ReferenceMapType>(type: T): ReferenceMapSpec<number, T> {
  return { name: "test_references", type, maxEntries: 1, flags: 0, key: u32 };
}

/** What the map tells of key 0 is `expected`, or that it does not tell. */
async function tells<T extends ReferenceMapType>(
  { map, found }: ReferenceFixture<T>,
  expected: number | undefined,
): Promise<void> {
  if (found.length === 0) {
    throwsCode("invalid-argument", () => map.get(0));
    throwsCode("invalid-argument", () => map.entries());
    return;
  }
  const value = expected === undefined ? undefined : found[expected];
  deepEqual(map.get(0), value);
  const scan = map.entries();
  deepEqual(await Array.fromAsync(scan), value === undefined ? [] : [[0, value]]);
  equal(scan.consistent, true);
}

function entryCases<T extends ReferenceMapType>(
  type: T,
): readonly ContractCase<ReferenceFactory<T>>[] {
  const untold = type === "xskmap";
  return [
    {
      name: `${type}: tells what was set, until it is deleted`,
      async run(create) {
        const fixture = await create(specOf(type));
        const { map, targets } = fixture;
        await tells(fixture, undefined);
        equal(map.delete(0), untold);
        map.set(0, targets[0]);
        await tells(fixture, 0);
        map.set(0, targets[1]);
        await tells(fixture, 1);
        equal(map.delete(0), true);
        equal(map.delete(0), untold);
        await tells(fixture, undefined);
      },
    },
    {
      name: `${type}: refuses what it does not refer to, and keeps what it has`,
      async run(create) {
        const fixture = await create(specOf(type));
        const { map, targets, refused } = fixture;
        throwsCode("invalid-argument", () => map.set(0, refused));
        map.set(0, targets[0]);
        throwsCode("invalid-argument", () => map.set(0, refused));
        throwsCode("invalid-argument", () => map.set(-1, targets[0]));
        throwsCode("invalid-argument", () => map.delete(-1));
        await tells(fixture, 0);
      },
    },
  ];
}

function arrayCases<T extends ReferenceMapType>(
  type: T,
): readonly ContractCase<ReferenceFactory<T>>[] {
  return [
    {
      name: `${type}: has nothing beyond its end`,
      async run(create) {
        const { map, targets, found } = await create(specOf(type));
        throwsCode("key-out-of-range", () => map.set(1, targets[0]));
        throwsCode("key-out-of-range", () => map.delete(1));
        if (found.length > 0) equal(map.get(1), undefined);
      },
    },
  ];
}

function hashCases<T extends ReferenceMapType>(
  type: T,
): readonly ContractCase<ReferenceFactory<T>>[] {
  return [
    {
      name: `${type}: is full with maxEntries, and still replaces`,
      async run(create) {
        const fixture = await create(specOf(type));
        const { map, targets } = fixture;
        map.set(0, targets[0]);
        throwsCode("map-full", () => map.set(1, targets[0]));
        equal(map.delete(1), false);
        map.set(0, targets[1]);
        await tells(fixture, 1);
        map.delete(0);
        map.set(1, targets[0]);
        equal(map.delete(1), true);
      },
    },
  ];
}

/** What `create` throws for an entry that is there, and one that is not; the same of `replace`. */
function modeCases<T extends ReferenceMapType>(
  type: T,
): readonly ContractCase<ReferenceFactory<T>>[] {
  const { modes, alwaysPresent } = referenceRules[type];
  if (modes.create === "refused") return [refusedModes(type)];
  return [
    {
      name: `${type}: creates only what is not there`,
      async run(create) {
        const { map, targets } = await create(specOf(type));
        const set = (): void => map.set(0, targets[0], { mode: "create" });
        if (alwaysPresent) throwsCode("key-exists", set);
        else set();
        map.set(0, targets[0]);
        throwsCode("key-exists", set);
      },
    },
    {
      name: `${type}: replaces what is there${modes.replace === "ignored" ? ", and what is not" : ""}`,
      async run(create) {
        const fixture = await create(specOf(type));
        const { map, targets } = fixture;
        const set = (): void => map.set(0, targets[0], { mode: "replace" });
        if (modes.replace === "checked") throwsCode("key-missing", set);
        else set();
        map.set(0, targets[1]);
        set();
        await tells(fixture, 0);
      },
    },
  ];
}

function refusedModes<T extends ReferenceMapType>(type: T): ContractCase<ReferenceFactory<T>> {
  return {
    name: `${type}: takes no mode`,
    async run(create) {
      const fixture = await create(specOf(type));
      const { map, targets } = fixture;
      for (const mode of ["create", "replace"] as const) {
        throwsCode("invalid-argument", () => map.set(0, targets[0], { mode }));
      }
      map.set(0, targets[0], { mode: "any" });
      await tells(fixture, 0);
    },
  };
}
