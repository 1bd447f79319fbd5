import { rmSync } from "node:fs";
import { createManualClock, type ManualClock, parsePrefix } from "@heddle/contracts";
import {
  type Conntrack,
  createConntrack,
  type Connection,
  type ConnectionFilter,
  formatTuple,
  type Outcome,
} from "@heddle/conntrack";
import { type IpProtocol, isLayer, parsePacket } from "@heddle/packet";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";
import { framesAbout, subjects } from "./conntrack-packets.ts";
import { TrackedKernel } from "./tracked-kernel.ts";

/** How many sequences of packets are tried; more of them find what is rarer. */
const numRuns = Number(process.env["HEDDLE_CONNTRACK_RUNS"] ?? 100);

const folders: string[] = [];
let file: string;
beforeAll(() => {
  file = compileFixture("track_outcome", (folder) => folders.push(folder));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const stepsAbout = (subject: (typeof subjects)[number]) =>
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        frame: framesAbout(subject),
        scope: fc.constantFrom("connection" as const, "connection" as const, "service" as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ wait: fc.constantFrom(1, 9_999, 10_000, 59_000, 60_000) }),
    },
    { weight: 1, arbitrary: fc.record({ flush: filters }) },
  );
const prefixes = fc.constantFrom(
  ...[
    "0.0.0.0/0",
    "::/0",
    "10.0.1.0/24",
    "10.0.1.5/32",
    "192.0.2.0/23",
    "fd00::/16",
    "fd00:1::7/128",
  ].map(parsePrefix),
);
const filters: fc.Arbitrary<ConnectionFilter> = fc.record(
  {
    scope: fc.constantFrom("connection", "service"),
    state: fc.constantFrom("opening", "established", "closing"),
    protocol: fc.constantFrom<IpProtocol[]>("tcp", "udp", "sctp", 253),
    source: prefixes,
    destination: prefixes,
    address: prefixes,
    destinationPort: fc.constantFrom(80, 1000),
  },
  { requiredKeys: [] },
);

/** How many connections fit, and what happens. */
const runs = fc.record({
  limit: fc.constantFrom(2, 5),
  all: fc
    .constantFrom(...subjects)
    .chain((subject) =>
      fc.array(stepsAbout(subject), { minLength: 1, maxLength: 80, size: "max" }),
    ),
});

/** What a number can say of an outcome. */
function kindOf(outcome: Outcome): unknown {
  if (outcome.outcome !== "tracked") return { outcome: outcome.outcome, reason: outcome.reason };
  const { isNew, related } = outcome;
  return { outcome: "tracked", isNew, related };
}

/** Lengths of 0, which only buffers have that are cut up later: the kernel knows how long they are. */
function isUncut(frame: Uint8Array): boolean {
  const [, outer] = parsePacket(frame, { linkType: "ethernet" }).layers;
  if (isLayer(outer, "ipv4")) return outer.totalLength === 0;
  return isLayer(outer, "ipv6") && outer.payloadLength === 0;
}

function sorted(connections: Iterable<Connection>): readonly Connection[] {
  return [...connections].toSorted((a, b) =>
    formatTuple(a.original) + a.scope < formatTuple(b.original) + b.scope ? -1 : 1,
  );
}

/** Both halves, which see the same. */
interface World {
  readonly kernel: TrackedKernel;
  readonly model: Conntrack;
  readonly clock: ManualClock;
}

type Step = ReturnType<typeof stepsAbout> extends fc.Arbitrary<infer S> ? S : never;

/** What one step came to in the kernel, and in the model. */
async function take(
  step: Step,
  { kernel, model, clock }: World,
): Promise<readonly [came: unknown, wanted: unknown]> {
  // A connection that takes another's place within one jiffy has its place in the queue, too.
  clock.advance("wait" in step ? step.wait : 1);
  kernel.setTime(clock.monotonic());
  if ("wait" in step) return [(await kernel.sweep()).expired, model.sweep()];
  if ("flush" in step) {
    return [(await kernel.sweep({ filter: step.flush })).flushed, model.flush(step.flush)];
  }
  const { frame, scope } = step;
  if (isUncut(frame)) return [undefined, undefined];
  const wanted = kindOf(model.track(parsePacket(frame, { linkType: "ethernet" }), { scope }));
  return [await kernel.track(frame, scope), wanted];
}

describe("the programs, packet by packet", () => {
  it("come to what the model comes to, and to the same table", async () => {
    using kernel = await TrackedKernel.load(file, { ceiling: 64 });
    const reached = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(runs, async ({ limit, all }) => {
        await kernel.clear();
        kernel.change({ limit: BigInt(limit) });
        const clock = createManualClock(1_000_000);
        const model = createConntrack({ clock }, { size: limit });
        kernel.setTime(clock.monotonic());
        for (const step of all) {
          const [came, wanted] = await take(step, { kernel, model, clock });
          const name = JSON.stringify(wanted ?? null);
          reached.set(name, (reached.get(name) ?? 0) + 1);
          expect(came).toEqual(wanted);
        }
        await kernel.sweep();
        model.sweep();
        expect(sorted(await kernel.all())).toEqual(sorted(model.connections()));
        expect(kernel.count).toBe(model.size);
      }),
      { numRuns },
    );
    // The rows above would be as green if all packets were malformed.
    const tracked = [...reached].filter(([name]) => name.startsWith('{"outcome":"tracked"'));
    expect(tracked).toHaveLength(3);
  });
});
