import { btfOfElf, layoutHash, layoutOf, parseElf } from "../btf/index.ts";
import type { Codec } from "../codec.ts";
import { bool, u32, u64 } from "../codecs.ts";
import type { MapSpec, ObjectSpec, PerCpuMapSpec, RingBufferSpec, VariableSpec } from "../spec.ts";
import { compileFixture } from "./compile-fixture.ts";

/** `struct sample` of fixtures/counter.bpf.c. */
export interface Sample {
  readonly length: number;
  readonly mark: number;
}

const sampleCodec: Codec<Sample> = {
  size: 8,
  encode({ length, mark }, target, offset) {
    u32.encode(length, target, offset);
    u32.encode(mark, target, offset + 4);
  },
  decode: (source, offset) => ({
    length: u32.decode(source, offset),
    mark: u32.decode(source, offset + 4),
  }),
};

interface CounterSettings extends Readonly<Record<string, VariableSpec<unknown>>> {
  readonly markWith: VariableSpec<number>;
  readonly burst: VariableSpec<number>;
  readonly drop: VariableSpec<boolean>;
}

/** fixtures/counter.bpf.c, compiled, and what the generator would write of it. */
export interface Counter {
  readonly bytes: Uint8Array;
  readonly object: ObjectSpec<CounterSettings>;
  readonly samples: MapSpec<number, Sample>;
  readonly counters: PerCpuMapSpec<number, bigint>;
  readonly events: RingBufferSpec<Sample>;
}

export function compileCounter(): Counter {
  const bytes = compileFixture("counter");
  return {
    bytes,
    object: {
      name: "counter",
      programs: {
        observe: { name: "observe", section: "tcx/ingress" },
        pass: { name: "pass", section: "tcx/ingress" },
        grow: { name: "grow", section: "tc" },
      },
      maps: ["samples", "counters", "events"],
      settings: {
        markWith: settingOf(bytes, "mark_with", u32),
        burst: settingOf(bytes, "burst", u32),
        drop: settingOf(bytes, "drop", bool),
      },
    },
    samples: {
      name: "samples",
      flags: 0,
      key: u32,
      value: sampleCodec,
      type: "hash",
      maxEntries: 8,
      layout: samplesLayout(bytes),
    },
    counters: {
      name: "counters",
      flags: 0,
      key: u32,
      value: u64,
      layout: "",
      type: "percpu_array",
      maxEntries: 2,
    },
    events: {
      name: "events",
      flags: 0,
      event: sampleCodec,
      layout: "",
      type: "ringbuf",
      maxEntries: 1 << 16,
    },
  };
}

function settingOf<T>(bytes: Uint8Array, name: string, codec: Codec<T>): VariableSpec<T> {
  const symbol = parseElf(bytes, "counter").symbols.find((each) => each.name === name);
  if (symbol === undefined) throw new Error(`the fixture has no ${name}`);
  return { section: ".rodata", offset: symbol.offset, codec };
}

function samplesLayout(bytes: Uint8Array): string {
  const btf = btfOfElf(parseElf(bytes, "counter"));
  const [key, value] = [btf.find("typedef", "__u32"), btf.find("struct", "sample")];
  if (key === undefined || value === undefined) throw new Error("the fixture lacks a type");
  return layoutHash(layoutOf(btf, key.id), layoutOf(btf, value.id));
}
