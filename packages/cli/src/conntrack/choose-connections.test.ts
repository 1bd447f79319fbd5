import type { ConnectionRecord } from "@heddle/conntrack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseConnections, sortKeys } from "./choose-connections.ts";
import { record } from "./connections.fake.ts";
import { Count } from "./totals.ts";

const rows = fc.array(
  fc
    .record({
      created: fc.nat(5000),
      expires: fc.integer({ min: 5000, max: 9000 }),
      packets: fc.record({ original: fc.nat(50), reply: fc.nat(50) }),
      bytes: fc.record({ original: fc.nat(5000), reply: fc.nat(5000) }),
    })
    .map(record),
);

/** Counts how many are asked for. */
function source(records: readonly ConnectionRecord[]) {
  const counted = { asked: 0 };
  async function* connections(): AsyncGenerator<ConnectionRecord> {
    for (const each of records) {
      counted.asked++;
      yield each;
    }
  }
  return { counted, connections: connections() };
}

/** What the sort keys mean, said another way. */
const numbers: Readonly<
  Record<(typeof sortKeys)[number], (connection: ConnectionRecord) => number>
> = {
  age: ({ age }) => 5000 - age,
  packets: ({ packets }) => 100 - packets.original - packets.reply,
  bytes: ({ bytes }) => 10_000 - bytes.original - bytes.reply,
  expires: ({ remaining }) => remaining,
};

describe("connections that are shown", () => {
  it.each(sortKeys)("by %s are the first ones of all, in order", async (sort) => {
    const given = fc.tuple(rows, fc.option(fc.nat(20), { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(given, async ([records, limit]) => {
        const { connections } = source(records);
        const chosen = await Array.fromAsync(chooseConnections(connections, { sort, limit }));
        const wanted = records.map(numbers[sort]).toSorted((one, other) => one - other);
        expect(chosen.map(numbers[sort])).toEqual(wanted.slice(0, limit));
        for (const each of chosen) expect(records).toContain(each);
      }),
    );
  });

  it("without an order are passed on as they come, and no more are asked for than wanted", async () => {
    const records = Array.from({ length: 5 }, (_, index) => record({ created: index }));
    const { connections, counted } = source(records);
    const chosen = await Array.fromAsync(chooseConnections(connections, { limit: 2 }));
    expect(chosen).toEqual(records.slice(0, 2));
    expect(counted.asked).toBe(2);
  });

  it.each([0, 2, 9])("are %i at most, and all are counted where somebody counts", async (limit) => {
    const records = Array.from({ length: 5 }, () => record());
    const totals = new Count();
    const all = totals.of(source(records).connections);
    const chosen = await Array.fromAsync(chooseConnections(all, { limit, toEnd: true }));
    expect(chosen).toHaveLength(Math.min(limit, 5));
    expect(totals).toMatchObject({
      connections: 5,
      states: { opening: 0, established: 5, closing: 0 },
      protocols: { tcp: 5 },
      packets: { original: 30, reply: 20 },
      bytes: { original: 3000, reply: 2000 },
    });
  });
});
