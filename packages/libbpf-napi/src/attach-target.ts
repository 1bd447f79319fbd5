import type {
  AttachTarget,
  KprobesTarget,
  PerfEventName,
  PerfEventTarget,
  UprobesTarget,
} from "./attach-target-types.ts";
import { encodeToBytes } from "./codec.ts";
import { arrayOf, u64 } from "./codecs.ts";
import { BpfError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";

/** What native/src/attach.h asks for; nothing by default. */
export interface AttachRequest {
  readonly kind: number;
  readonly first?: string;
  readonly second?: string;
  readonly names?: Uint8Array;
  /** One of 8 bytes for each of the names. */
  readonly cookies?: Uint8Array;
  readonly cookie: bigint;
  readonly offset: bigint;
  readonly atReturn: boolean;
  /** A process, -1 for all; or a descriptor. */
  readonly number: number;
}

/** As native/src/attach.h numbers them. */
const attachKinds = {
  section: 0,
  kprobe: 1,
  kprobes: 2,
  syscall: 3,
  uprobe: 4,
  uprobes: 5,
  usdt: 6,
  tracepoint: 7,
  "raw-tracepoint": 8,
  tracing: 9,
  replacement: 10,
  "perf-event": 11,
} as const;

const plain = { cookie: 0n, offset: 0n, atReturn: false, number: -1 } as const;

/** The request for a target; `event` is the descriptor of an event that was opened for it. */
export function requestOf(target: AttachTarget | undefined, event: number): AttachRequest {
  if (target === undefined) return { ...plain, kind: attachKinds.section };
  const how = { ...plain, kind: attachKinds[target.kind], ...settingsOf(target) };
  return target.kind === "perf-event" ? { ...how, number: event } : { ...how, ...whatOf(target) };
}

/** What several kinds of targets have in common. */
function settingsOf(target: AttachTarget): Partial<AttachRequest> {
  const { cookie, atReturn, process, offset } = { ...unset, ...target };
  return {
    ...(cookie === undefined ? {} : { cookie }),
    ...(atReturn === undefined ? {} : { atReturn }),
    ...(process === undefined ? {} : { number: process }),
    ...(offset === undefined ? {} : { offset: BigInt(offset) }),
  };
}

interface Settings {
  readonly cookie?: bigint | undefined;
  readonly atReturn?: boolean | undefined;
  readonly process?: number | undefined;
  readonly offset?: number | undefined;
}

const unset: Settings = {};

type Named = Pick<AttachRequest, "first" | "second" | "names" | "cookies"> & {
  readonly number?: number;
};

function whatOf(target: Exclude<AttachTarget, { readonly kind: "perf-event" }>): Named {
  switch (target.kind) {
    case "kprobe":
      return { first: target.function };
    case "syscall":
      return { first: target.syscall };
    case "raw-tracepoint":
      return { first: target.name };
    case "tracepoint":
      return { first: target.category, second: target.name };
    case "usdt":
      return { first: target.file, names: encodeNames([target.provider, target.name]) };
    case "uprobe":
      return { first: target.file, ...optional("second", target.function) };
    case "kprobes":
      return functionsOf("first", target);
    case "uprobes":
      return { first: target.file, ...functionsOf("second", target) };
    case "replacement":
      return { first: target.function, number: programNumber(target.program) };
    case "tracing":
    default:
      return {};
  }
}

function optional(key: "second", value: string | undefined): { readonly second?: string } {
  return value === undefined ? {} : { [key]: value };
}

/** A pattern goes where the kind takes one, and names are names. */
function functionsOf(
  pattern: "first" | "second",
  { functions, cookies }: KprobesTarget | UprobesTarget,
): Pick<AttachRequest, "first" | "second" | "names" | "cookies"> {
  const given = typeof functions === "string" ? [] : functions;
  if (cookies !== undefined && cookies.length !== given.length) {
    throw wrongCookies(cookies, functions);
  }
  if (typeof functions === "string") return { [pattern]: functions };
  const names = encodeNames(functions);
  return cookies === undefined
    ? { names }
    : { names, cookies: encodeToBytes(arrayOf(u64, cookies.length), cookies) };
}

function wrongCookies(cookies: readonly bigint[], functions: string | readonly string[]): BpfError {
  const many = typeof functions === "string" ? "a pattern" : `${String(functions.length)} names`;
  return new BpfError({
    code: "invalid-argument",
    operation: "attach to functions",
    subject: String(functions),
    reason: `${String(cookies.length)} cookies were given for ${many}`,
    hint: "give the functions by their names, and a cookie for each",
  });
}

function encodeNames(names: readonly string[]): Uint8Array {
  return new TextEncoder().encode(names.map((name) => `${name}\0`).join(""));
}

function programNumber(program: object): number {
  return descriptorOf(program, "attach to a function of").number("attach to a function of");
}

/** `PERF_TYPE_*` and `PERF_COUNT_*` of linux/perf_event.h. */
const events: Readonly<Record<PerfEventName, readonly [type: number, config: bigint]>> = {
  "cpu-clock": [1, 0n],
  "task-clock": [1, 1n],
  "page-faults": [1, 2n],
  "context-switches": [1, 3n],
  "cpu-migrations": [1, 4n],
  "cpu-cycles": [0, 0n],
  instructions: [0, 1n],
  "cache-misses": [0, 3n],
  "branch-misses": [0, 5n],
};

/** Type and configuration of an event. */
export function eventOf({ event }: PerfEventTarget): readonly [type: number, config: bigint] {
  return typeof event === "string" ? events[event] : [event.type, event.config];
}
