import { interfaceIndex } from "@heddle/contracts";
import { createPinFolder, createTestNetns, type PinFolder, waitUntil } from "@heddle/testing";
import { type LoadedObject, openRingBuffer } from "libbpf-napi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ImpairBound,
  impairCountsMap,
  ImpairDirection,
  type ImpairHeld,
  impairLineMap,
  impairmentsMap,
  impairObject,
} from "../generated/bpf.ts";
import { fateOf } from "../testing/fate.ts";
import { heldFrame } from "./held-frame.ts";
import { loadImpairPrograms } from "./impair-programs.ts";

/** Of linux/pkt_cls.h. */
const verdict = { unspec: -1, shot: 2, stolen: 4 } as const;

const half = 2n ** 31n;
const nothing = { seed: 0n, delay: 0n, gap: 0n, loss: 0n, duplicate: 0n, reorder: 0n };
const none = { packets: 0n, lost: 0n, duplicated: 0n, reordered: 0n, overflowed: 0n };

/** The loopback device of the test's own namespace. */
const ifindex = interfaceIndex(1);
const place = { ifindex, direction: ImpairDirection.from };

let stack: AsyncDisposableStack;
let pins: PinFolder;
let netns: string;
let object: LoadedObject;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  pins = stack.use(createPinFolder());
  netns = stack.use(await createTestNetns("impair")).path;
  object = stack.use(await loadImpairPrograms(pins.path));
});
afterEach(async () => stack.disposeAsync());

function impair(impairment: Partial<typeof nothing>): void {
  object.map(impairCountsMap).set(place, none);
  object.map(impairmentsMap).set(place, { ...nothing, ...impairment });
}

/** A frame of IPv4 with a number at its end. */
function frame(number: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x08, 0x00], 12);
  new DataView(bytes.buffer).setUint32(length - 4, number);
  return bytes;
}

async function send(data: Uint8Array, program = impairObject.programs.impairFrom): Promise<number> {
  const run = await object.program(program.name).testRun({ data, context: { ifindex }, netns });
  return run.returnValue;
}

describe("the programs that impair", () => {
  it("let each packet have the fate that its number and the seed give it", async () => {
    const seed = 0x1234_5678_9abcn;
    impair({ seed, loss: half, duplicate: half, reorder: half, gap: 1000n });
    const expected = { ...none };
    for (let n = 0n; n < 300n; n++) {
      const { loss, duplicate, reorder } = fateOf(seed, n);
      const isLost = loss < 0.5;
      const isHeld = !isLost && reorder < 0.5;
      expected.packets++;
      if (isLost) expected.lost++;
      if (!isLost && duplicate < 0.5) expected.duplicated++;
      if (isHeld) expected.reordered++;
      const passes = isHeld ? verdict.stolen : verdict.unspec;
      expect(await send(frame(Number(n)))).toBe(isLost ? verdict.shot : passes);
    }
    expect(object.map(impairCountsMap).get(place)).toEqual(expected);
  });

  it("hold whole frames, with when they go on and where", async () => {
    const delay = 5_000_000_000n;
    impair({ delay });
    const held: ImpairHeld[] = [];
    using _reader = openRingBuffer(object.ringBuffer({ ...impairLineMap, event: heldFrame }), {
      onEvents: (events) => void held.push(...events),
      onError: (error) => expect.fail(error.message),
    });
    const before = process.hrtime.bigint();
    const lengths = [34, 60, 1514, ImpairBound.frame];
    for (const length of lengths) expect(await send(frame(length, length))).toBe(verdict.stolen);
    await waitUntil("the frames", () => held.length === lengths.length);
    expect(held.map((each) => each.frame)).toEqual(lengths.map((length) => frame(length, length)));
    for (const each of held) {
      expect(each.place).toEqual(place);
      expect(each.deadline).toBeGreaterThan(before + delay);
      expect(each.deadline).toBeLessThan(process.hrtime.bigint() + delay);
    }
  });

  it("lose what is too large to be held, and what there is no room for, and count it", async () => {
    impair({ delay: 1n });
    expect(await send(frame(0, ImpairBound.frame + 1))).toBe(verdict.stolen);
    expect(object.map(impairCountsMap).get(place)).toMatchObject({ packets: 1n, overflowed: 1n });
    const many = Math.ceil(impairLineMap.maxEntries / ImpairBound.frame) + 10;
    for (let n = 0; n < many; n++) await send(frame(n, ImpairBound.frame));
    const count = object.map(impairCountsMap).get(place);
    expect(count?.packets).toBe(BigInt(many + 1));
    expect(count?.overflowed).toBeGreaterThan(1n);
  });

  it("leave alone what is not impaired: another direction, another device, a fate that was decided", async () => {
    impair({ loss: 2n ** 32n });
    const { impairFrom, impairTo } = impairObject.programs;
    expect(await send(frame(0), impairFrom)).toBe(verdict.shot);
    expect(await send(frame(0), impairTo)).toBe(verdict.unspec);
    const decided = { data: frame(0), context: { ifindex, mark: 0x1a6 }, netns };
    const run = await object.program(impairFrom.name).testRun(decided);
    expect([run.returnValue, run.context?.mark]).toEqual([verdict.unspec, 0]);
    object.map(impairmentsMap).delete(place);
    expect(await send(frame(0), impairFrom)).toBe(verdict.unspec);
    expect(object.map(impairCountsMap).get(place)).toMatchObject({ packets: 1n, lost: 1n });
  });
});

it("frames are read as they are written", () => {
  const held = { deadline: 7n, place: { ifindex: 3, direction: 1 }, frame: frame(9, 77) };
  expect(heldFrame.decodeRecord(heldFrame.encodeRecord(held))).toEqual(held);
});
