import {
  type FuzzTarget,
  type Ledger,
  type Oracle,
  type Run,
  type Traffic,
  validFrame,
  type Verdict,
} from "@heddle-tools/fuzz";
import {
  impairCountsMap,
  ImpairDirection,
  impairLineMap,
  impairmentsMap,
  impairObject,
  type ImpairPlace,
} from "@heddle/lab/bpf";
import { createTestNetns, joinNetns } from "@heddle/testing";
import { type LoadedObject, loadObject, openRingBuffer, type RecordCodec } from "libbpf-napi";
import { node, outside, peer, remotePod } from "../scene.ts";
import { differ, objectFile } from "./standalone.ts";
import { both, often, strangerMac } from "./targets.ts";

/** `TC_ACT_UNSPEC`, `TC_ACT_SHOT`, and `TC_ACT_STOLEN` of what is held: it comes back another way. */
const verdicts: Readonly<Record<number, Verdict>> = {
  [-1]: "passed",
  2: "dropped",
  4: "redirected",
};

const share = (of: number): bigint => BigInt(Math.round(of * 2 ** 32));

const traffic: Traffic = {
  sourceMacs: [strangerMac],
  destinationMacs: [strangerMac],
  sources: both(node, outside),
  destinations: both(peer, remotePod),
};

/** A program at a port that loses, repeats and holds packets, and at another one that does not. */
export async function impairs(
  stack: AsyncDisposableStack,
  direction: keyof typeof ImpairDirection,
): Promise<FuzzTarget> {
  const netns = stack.use(await createTestNetns("switch"));
  const host = stack.use(await createTestNetns("host"));
  const end = (of: typeof netns, device: string) => ({ netns: of, device });
  const { near } = await joinNetns(end(netns, "port1"), end(host, "eth0"));
  const { near: other } = await joinNetns(end(netns, "port2"), end(host, "eth1"));
  const object = stack.use(await loadObject(impairObject, objectFile("lab", "impair")));
  const place: ImpairPlace = { ifindex: near, direction: ImpairDirection[direction] };
  object.map(impairCountsMap).set(place, none);
  object.map(impairmentsMap).set(place, {
    seed: 0x1234_5678n,
    // What is sent is held now and then, what is received always.
    delay: direction === "to" ? 1_000_000n : 0n,
    gap: 1_000_000n,
    loss: share(0.2),
    duplicate: share(0.2),
    reorder: share(0.3),
  });
  const isImpaired = ({ context }: Run): boolean =>
    context.ifindex === near && context.mark !== decided;
  const { impairFrom, impairTo } = impairObject.programs;
  return {
    name: direction === "from" ? impairFrom.name : impairTo.name,
    program: object.program(direction === "from" ? impairFrom.name : impairTo.name),
    netns: netns.path,
    contexts: often({ ifindex: near }, { ifindex: other }),
    validFrame: (random) => validFrame(random, traffic),
    verdicts,
    oracles: [changesNothing, leavesOthersAlone(isImpaired)],
    ledgers: [fateLedger(object, place, isImpaired)],
    remembers: isImpaired,
  };
}

/** The mark of packets whose fate is decided: `IMPAIR_DECIDED` of the programs. */
const decided = 0x1a6;

const none = { packets: 0n, lost: 0n, duplicated: 0n, reordered: 0n, overflowed: 0n };

const changesNothing: Oracle = {
  name: "no packet is changed",
  judge: ({ frame, after }) =>
    Buffer.compare(frame, after) === 0 ? undefined : "it was changed on the way",
};

function leavesOthersAlone(isImpaired: (run: Run) => boolean): Oracle {
  return {
    name: "what is not impaired is left alone",
    judge: (run) =>
      run.verdict === "passed" || isImpaired(run) ? undefined : `it was ${run.verdict}`,
  };
}

/** The frame of a record of the delay line, which stands behind its deadline and its place. */
const heldBytes: RecordCodec<Uint8Array> = {
  encodeRecord: (frame) => Uint8Array.of(...new Uint8Array(frameOffset), ...frame),
  decodeRecord: (bytes) => bytes.slice(frameOffset),
};

const frameOffset = 16;

/** Frames that were held since the last time. */
function takeHeld(object: LoadedObject): readonly Uint8Array[] {
  const held: Uint8Array[] = [];
  const line = object.ringBuffer({ ...impairLineMap, event: heldBytes });
  openRingBuffer(line, { onEvents: (frames) => void held.push(...frames), onError: fail }).close();
  return held;
}

function fail(error: Error): never {
  throw error;
}

/** Every packet is counted with its fate, and what is held is held whole, as often as it is to come out again. */
function fateLedger(
  object: LoadedObject,
  place: ImpairPlace,
  isImpaired: (run: Run) => boolean,
): Ledger {
  return {
    name: "counts add up, and what is held is what came",
    open: () => {
      takeHeld(object);
      object.map(impairCountsMap).set(place, none);
      return Promise.resolve();
    },
    settle(runs) {
      const counts = object.map(impairCountsMap).get(place) ?? none;
      const impaired = runs.filter(isImpaired);
      const ended = (verdict: Verdict) => impaired.filter((run) => run.verdict === verdict);
      const held = ended("redirected");
      const records = takeHeld(object);
      const frames = new Set(held.map(({ frame }) => text(frame)));
      const strange = records.filter((record) => !frames.has(text(record)));
      const taken = records.length + Number(counts.overflowed);
      const most = held.length + Number(counts.duplicated);
      // Whatever is delayed at all comes out of the line twice, where it comes twice.
      const least = place.direction === ImpairDirection.to ? most : held.length;
      return Promise.resolve([
        ...differ("packets", impaired.length, counts.packets),
        ...differ("lost", ended("dropped").length, counts.lost),
        ...(least === most ? [] : differ("held", held.length, counts.reordered)),
        ...(strange.length > 0 ? [`${String(strange.length)} frames that did not come`] : []),
        ...(taken < least || taken > most
          ? [`${String(taken)} held, of ${String(held.length)}`]
          : []),
      ]);
    },
  };
}

function text(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("latin1");
}
