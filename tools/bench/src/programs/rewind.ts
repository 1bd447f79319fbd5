import type { InterfaceIndex } from "@heddle/contracts";
import {
  bytes,
  type Codec,
  type LoadedObject,
  openObject,
  type Program,
  type TestRunResult,
  u32,
  u64,
} from "libbpf-napi";
import type { Variation } from "./frames.ts";

/** Where a program is attached; programs of one hook can take one another's place. */
export type Hook = "ingress" | "egress";

/** What every run begins with. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Offsets of the fields that vary; undefined for one that does not. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** What the fields begin with. */
  readonly begin: Variation;
}

/** How many values the fields take: 1, 65536, or a new pair each run. */
export type Spread = "hot" | "flows" | "new";

/** In which order the values of the first field come. */
type Order = "ascending" | "scattered";

/** Behind what is copied into the packet. */
const nowhere = 126;
const headerBytes = 128;
/** Odd, so that their multiples are all the numbers of 16 bits. */
const strides: Readonly<Record<Order, bigint>> = { ascending: 1n, scattered: 40_503n };
const all = 0xffff;

const masks: Readonly<Record<Spread, Variation>> = {
  hot: { low: 0, high: 0 },
  flows: { low: all, high: 0 },
  new: { low: all, high: all },
};

const arrays: Readonly<Record<Hook, string>> = {
  ingress: "ingress_target",
  egress: "egress_target",
};

/** The program that puts the packet back before each run, and those to compare with. */
export interface Rewind extends AsyncDisposable {
  readonly object: LoadedObject;
  /** What does nothing, to be subtracted. */
  empty(hook: Hook): Program;
  /** Sets what the runs to come begin with. */
  aim(frame: Frame, spread: Spread, order: Order): void;
  /** Runs the program so often, on one packet. */
  run(
    program: Program,
    hook: Hook,
    ifindex: InterfaceIndex,
    repeat: number,
  ): Promise<TestRunResult>;
  /** The varying fields of the packet that ran last. */
  last(): Variation;
}

/** @param object path of the compiled `bpf/programs.bpf.c` */
export async function createRewind(object: string, netns: string): Promise<Rewind> {
  using opened = await openObject(object);
  return new LoadedRewind(await opened.load(), netns);
}

class LoadedRewind implements Rewind {
  readonly object: LoadedObject;
  readonly #netns: string;
  #frame: Frame = {
    bytes: new Uint8Array(),
    low: undefined,
    high: undefined,
    begin: { low: 0, high: 0 },
  };
  #masks = masks.hot;
  #stride = strides.ascending;

  constructor(object: LoadedObject, netns: string) {
    this.object = object;
    this.#netns = netns;
  }

  empty(hook: Hook): Program {
    return this.object.program(`empty_${hook}`);
  }

  aim(frame: Frame, spread: Spread, order: Order): void {
    this.#frame = frame;
    this.#stride = strides[order];
    this.#masks = masks[spread];
    const header = new Uint8Array(headerBytes);
    header.set(frame.bytes.subarray(0, nowhere));
    this.#set("header", bytes(headerBytes), header);
    this.#set("frame_length", u32, frame.bytes.length);
    this.#set("runs", u64, 0n);
    this.#set("low_offset", u32, frame.low ?? nowhere);
    this.#set("low_base", u32, frame.begin.low);
    this.#set("low_mask", u32, this.#masks.low);
    this.#set("low_stride", u32, Number(this.#stride));
    this.#set("high_offset", u32, frame.high ?? nowhere);
    this.#set("high_base", u32, frame.begin.high);
    this.#set("high_mask", u32, this.#masks.high);
  }

  async run(
    program: Program,
    hook: Hook,
    ifindex: InterfaceIndex,
    repeat: number,
  ): Promise<TestRunResult> {
    const name = arrays[hook];
    this.object.referenceMap({ name, type: "prog_array", key: u32 }).set(0, program);
    const entry = this.object.program(`rewind_${hook}`);
    const data = this.#frame.bytes;
    return await entry.testRun({ data, context: { ifindex }, repeat, netns: this.#netns });
  }

  last(): Variation {
    const runs = this.object.variable({ ...this.object.findVariable("runs"), codec: u64 }).get();
    const { begin } = this.#frame;
    const number = runs - 1n;
    return {
      low: (begin.low + (Number((number * this.#stride) & 0xffffn) & this.#masks.low)) & all,
      high: (begin.high + (Number(number >> 16n) & this.#masks.high)) & all,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.object[Symbol.asyncDispose]();
  }

  #set<T>(name: string, codec: Codec<T>, value: T): void {
    this.object.variable({ ...this.object.findVariable(name), codec }).set(value);
  }
}
