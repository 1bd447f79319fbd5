import { rmSync } from "node:fs";
import { createManualClock, type ManualClock, parseIp, parsePrefix } from "@heddle/contracts";
import {
  type Conntrack,
  createConntrack,
  type Connection,
  type ConnectionFilter,
  formatTuple,
  type Outcome,
  reverseTuple,
  type SourceNatOptions,
} from "@heddle/conntrack";
import { type IpProtocol, isLayer, parsePacket } from "@heddle/packet";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";
import { errorAbout, flagsOfAnswers, frameOf, framesAbout, subjects } from "./conntrack-packets.ts";
import { TrackedKernel } from "./tracked-kernel.ts";
import { translatedPacket, verdictsOf, withoutChecksums } from "./translated-packet.ts";

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
        leaves: fc.constantFrom(true, true, true, false),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        answer: fc.nat(5),
        flags: flagsOfAnswers,
        forward: fc.boolean(),
        error: fc.nat(3).map((n) => n === 0),
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

const [node, node6] = [parseIp("192.0.2.9"), parseIp("2001:db8::9")];
const pods = ["10.0.1.0/24", "fd00::/64"].map(parsePrefix);
const everybody = ["0.0.0.0/0", "::/0"].map(parsePrefix);
/** Ports that are few, so that they run out, and those that packets have by themselves, so that they meet. */
const sourceNats: readonly (SourceNatOptions | undefined)[] = [
  undefined,
  { addresses: [node, node6], sources: pods, ports: { first: 1000, last: 1001 } },
  { addresses: [node, node6], sources: pods, ports: { first: 990, last: 1009 }, probes: 3 },
  {
    addresses: [node, node6],
    sources: everybody,
    exclude: ["10.0.2.0/25", "fd00:1::/65", "fd00:1::7/128"].map(parsePrefix),
    ports: { first: 80, last: 81 },
    seed: 7,
  },
  { addresses: [node, node6], sources: everybody, seed: 4_000_000_000 },
];

/** How many connections fit, which are translated, and what happens. */
const runs = fc.record({
  limit: fc.constantFrom(2, 5),
  sourceNat: fc.constantFrom(...sourceNats),
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
  /** Which packets were given another address. */
  readonly rewritten: Set<string>;
}

type Step = ReturnType<typeof stepsAbout> extends fc.Arbitrary<infer S> ? S : never;

/** What one step came to in the kernel, and in the model. */
async function take(
  step: Step,
  { kernel, model, clock, rewritten }: World,
): Promise<readonly [came: unknown, wanted: unknown]> {
  // A connection that takes another's place within one jiffy has its place in the queue, too.
  clock.advance("wait" in step ? step.wait : 1);
  kernel.setTime(clock.monotonic());
  if ("wait" in step) return [(await kernel.sweep()).expired, model.sweep()];
  if ("flush" in step) {
    return [(await kernel.sweep({ filter: step.flush })).flushed, model.flush(step.flush)];
  }
  const answer = "answer" in step ? answerOf(step, model) : step;
  if (answer === undefined || isUncut(answer.frame)) return [undefined, undefined];
  const { frame, ...options } = answer;
  const packet = parsePacket(frame, { linkType: "ethernet" });
  const outcome = model.track(packet, options);
  const came = await kernel.translate(frame, options);
  const left = parsePacket(came.frame, { linkType: "ethernet" });
  const isTracked = outcome.outcome === "tracked";
  if (isTracked && !Buffer.from(frame).equals(came.frame)) {
    const kind = outcome.related ? "error" : outcome.original.protocol;
    rewritten.add(`${kind} ${outcome.direction}`);
  }
  const wanted = isTracked ? translatedPacket(packet, outcome) : withoutChecksums(packet);
  expect(withoutChecksums(left)).toEqual(wanted);
  expect(verdictsOf(left)).toEqual(verdictsOf(packet));
  return [came.outcome, kindOf(outcome)];
}

/** A packet of one of the connections that there are, as it would come by the wire. */
function answerOf(
  { answer, flags, forward, error }: Extract<Step, { readonly answer: number }>,
  model: Conntrack,
): { readonly frame: Uint8Array } | undefined {
  const all = [...model.connections({ scope: "connection" })];
  const chosen = all[answer % all.length];
  if (chosen === undefined) return undefined;
  const tuple = forward ? chosen.original : chosen.reply;
  // What an error quotes went the other way.
  if (error) return { frame: errorAbout(frameOf(reverseTuple(tuple), flags)) };
  return { frame: frameOf(tuple, flags) };
}

const ascending = (a: number, b: number) => a - b;

/** Aliases are as many as translated connections, and the uses of ports are those of the model. */
async function expectNothingLeftBehind(kernel: TrackedKernel, model: Conntrack): Promise<void> {
  const translated = [...model.connections()].filter(
    ({ scope, original, reply }) =>
      scope === "connection" &&
      (original.source !== reply.destination || original.sourcePort !== reply.destinationPort),
  );
  expect(await kernel.aliases()).toBe(translated.length);
  expect(Number(kernel.gauges.get(0)?.translated)).toBe(translated.length);
  const uses = model.portUsage().map(({ used }) => used);
  expect((await kernel.portUses()).toSorted(ascending)).toEqual(uses.toSorted(ascending));
}

describe("the programs, packet by packet", () => {
  it("come to what the model comes to, and to the same table", async () => {
    using kernel = await TrackedKernel.load(file, { ceiling: 64 });
    const reached = new Map<string, number>();
    const rewritten = new Set<string>();
    await fc.assert(
      fc.asyncProperty(runs, async ({ limit, sourceNat, all }) => {
        await kernel.clear();
        await kernel.setSourceNat(sourceNat);
        kernel.change({ limit: BigInt(limit) });
        const clock = createManualClock(1_000_000);
        const model = createConntrack({ clock }, { size: limit, ...(sourceNat && { sourceNat }) });
        kernel.setTime(clock.monotonic());
        for (const step of all) {
          const [came, wanted] = await take(step, { kernel, model, clock, rewritten });
          const name = JSON.stringify(wanted ?? null);
          reached.set(name, (reached.get(name) ?? 0) + 1);
          expect(came).toEqual(wanted);
        }
        await kernel.sweep();
        model.sweep();
        expect(sorted(await kernel.all())).toEqual(sorted(model.connections()));
        expect(kernel.count).toBe(model.size);
        await expectNothingLeftBehind(kernel, model);
      }),
      { numRuns },
    );
    // The rows above would be as green if all packets were malformed.
    const tracked = [...reached].filter(([name]) => name.startsWith('{"outcome":"tracked"'));
    expect(tracked).toHaveLength(3);
    for (const kind of ["tcp original", "tcp reply", "error original", "error reply"]) {
      expect(rewritten).toContain(kind);
    }
    for (const reason of ["ports-exhausted", "tuple-in-use"]) {
      expect(reached).toContainEqual([expect.stringContaining(reason), expect.any(Number)]);
    }
  });
});
