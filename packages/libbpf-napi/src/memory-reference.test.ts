import { interfaceIndex } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { u32 } from "./codecs.ts";
import { referenceContract } from "./map-contract.ts";
import { createMemoryReferenceMap } from "./memory-reference.ts";
import type { ReferenceKinds, ReferenceMapSpec, ReferenceMapType } from "./reference-types.ts";
import { thrown } from "./testing/thrown.ts";

const loopback = interfaceIndex(1);
const gone = interfaceIndex(9);

/** Two targets that a map takes, what it tells of them, and one that it refuses. */
interface Sample<T extends ReferenceMapType> {
  readonly targets: readonly [ReferenceKinds[T]["target"], ReferenceKinds[T]["target"]];
  readonly found: readonly ReferenceKinds[T]["found"][];
  readonly refused: ReferenceKinds[T]["target"];
}

const ids = { targets: [11, 12], found: [11, 12], refused: 13 } as const;
const sockets = { targets: [3, 4], found: [3n, 4n], refused: 5 } as const;
const untold = { targets: [3, 4], found: [], refused: 5 } as const;

const devices: Sample<"devmap"> = {
  targets: [{ ifindex: loopback }, { ifindex: loopback, program: 7 }],
  found: [
    { ifindex: loopback, programId: undefined },
    { ifindex: loopback, programId: 7 },
  ],
  refused: { ifindex: gone },
};

const cpus: Sample<"cpumap"> = {
  targets: [{ queueSize: 8 }, { queueSize: 16, program: 7 }],
  found: [
    { queueSize: 8, programId: undefined },
    { queueSize: 16, programId: 7 },
  ],
  refused: { queueSize: 0 },
};

function meets<T extends ReferenceMapType>(type: T, sample: Sample<T>): void {
  it.each(referenceContract(type))("$name", async ({ run }) => {
    const running = run((spec) => ({
      map: createMemoryReferenceMap(spec, { refuses: (target) => target === sample.refused }),
      ...sample,
    }));
    await expect(running).resolves.toBeUndefined();
  });
}

describe("in memory", () => {
  meets("prog_array", ids);
  meets("array_of_maps", ids);
  meets("hash_of_maps", ids);
  meets("devmap", devices);
  meets("devmap_hash", devices);
  meets("cpumap", cpus);
  meets("sockmap", sockets);
  meets("sockhash", sockets);
  meets("xskmap", untold);
  meets("cgroup_array", untold);
  meets("perf_event_array", untold);
});

function specOf<T extends ReferenceMapType>(type: T): ReferenceMapSpec<number, T> {
  return { name: "references", type, maxEntries: 4, flags: 0, key: u32 };
}

describe("a map of references in memory", () => {
  it("says of what it refuses what the kernel's says", () => {
    const map = createMemoryReferenceMap(specOf("devmap"), { refuses: () => true });
    expect(thrown(() => map.set(1, { ifindex: gone }))).toMatchObject({
      code: "invalid-argument",
      operation: "set 1",
      subject: "map references",
      reason: expect.stringContaining("no such device"),
    });
  });

  it("has no room for a program in values of 4 bytes, and tells no cookies of so few", () => {
    const devmap = createMemoryReferenceMap({ ...specOf("devmap"), valueSize: 4 });
    expect(thrown(() => devmap.set(1, { ifindex: loopback, program: 7 }))).toMatchObject({
      reason: expect.stringContaining("no room for a program"),
    });
    const sockmap = createMemoryReferenceMap({ ...specOf("sockmap"), valueSize: 4 });
    expect(thrown(() => sockmap.get(0))).toMatchObject({
      reason: expect.stringContaining("less than 8 bytes"),
    });
  });
});
