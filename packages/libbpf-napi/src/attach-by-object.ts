import { existsSync } from "node:fs";
import { addon, type NativeObject, type Outcome } from "./addon.ts";
import type { NativeAttachOutcome } from "./addon-links.ts";
import { Attached } from "./attached.ts";
import { type AttachRequest, eventOf, requestOf } from "./attach-target.ts";
import type { AttachTarget, PerfEventTarget } from "./attach-target-types.ts";
import { type Attempt, BpfError, check, type Explanation } from "./errors.ts";
import { libbpfError } from "./libbpf-log.ts";
import { KernelLink } from "./link.ts";
import type { LinkFeatureName } from "./link-probe.ts";
import type { Link } from "./link-types.ts";
import { explainByProbe } from "./probe.ts";

/** A program of a loaded object. */
export interface AttachableProgram {
  readonly name: string;
  /** The section that it was written in. */
  readonly section: string;
}

/** Attaches a program of a loaded object by what its section says, or to `target`. */
export async function attachProgram(
  native: NativeObject,
  program: AttachableProgram,
  target: AttachTarget | undefined,
): Promise<Link> {
  const subject = target === undefined ? `section ${program.section}` : describeTarget(target);
  const attempt = { operation: `attach program ${program.name} to`, subject };
  const event = target?.kind === "perf-event" ? openEvent(target, attempt) : -1;
  const outcome = await request(native, program.name, requestOf(target, event));
  const link = linkOf(outcome, `link of ${program.name} at ${subject}`);
  if (link !== undefined) return link;
  if (event >= 0) addon().fdClose(event);
  const failure = failureOf(attempt, outcome);
  const feature = featureOf(program, target);
  throw feature === undefined ? failure : await explainByProbe(feature, failure);
}

function request(
  native: NativeObject,
  program: string,
  { kind, first, second, names, cookies, cookie, offset, atReturn, number }: AttachRequest,
): Promise<NativeAttachOutcome> {
  return addon().objectAttach(
    native,
    program,
    kind,
    first,
    second,
    names,
    cookies,
    cookie,
    offset,
    atReturn,
    number,
  );
}

/** Makes the kernel call the functions of a struct_ops map. */
export async function attachStructOps(native: NativeObject, map: string): Promise<Link> {
  const attempt = { operation: "attach struct_ops map", subject: map };
  const outcome = await addon().objectAttachMap(native, map);
  const link = linkOf(outcome, `link of struct_ops map ${map}`);
  if (link !== undefined) return link;
  throw libbpfError(attempt, outcome);
}

function linkOf({ attached, fd = -1 }: NativeAttachOutcome, subject: string): Link | undefined {
  return attached === undefined ? undefined : new KernelLink(new Attached(attached, fd, subject));
}

function openEvent(target: PerfEventTarget, attempt: Attempt): number {
  const { cpu, process = -1, period, frequency = 100 } = target;
  const [type, config] = eventOf(target);
  const often = period ?? BigInt(frequency);
  const byFrequency = period === undefined;
  const fd = addon().perfEventOpen(type, config, often, byFrequency, process, cpu);
  return check(attempt, fd, {
    ENOENT: { code: "unsupported-feature", reason: "this machine has no such event" },
    ENODEV: { code: "invalid-argument", reason: `there is no CPU ${String(cpu)} online` },
    EINVAL: { code: "invalid-argument", reason: "there is no such CPU, or no such event" },
    ESRCH: { code: "invalid-argument", reason: `there is no process ${String(process)}` },
  });
}

/** The feature that a kernel may lack for it. */
function featureOf(
  { section }: AttachableProgram,
  target: AttachTarget | undefined,
): LinkFeatureName | undefined {
  const name = target?.kind ?? /^[^/]*/.exec(section)?.[0] ?? "";
  return [...features].find(([pattern]) => pattern.test(name))?.[1];
}

/** By kinds of targets, and beginnings of sections. */
const features: ReadonlyMap<RegExp, LinkFeatureName> = new Map([
  [/^(kprobes|k(ret)?probe\.(multi|session))$/, "kprobe-multi"],
  [/^(kprobe|kretprobe|syscall|ksyscall|kretsyscall)$/, "kprobe"],
  [/^(uprobes|u(ret)?probe\.multi)/, "uprobe-multi"],
  [/^(u(ret)?probe|usdt)/, "uprobe"],
  [/^(fentry|fexit|fmod_ret|tracing)/, "fentry"],
  [/^(freplace|replacement)/, "freplace"],
  [/^lsm/, "lsm"],
]);

/** In libbpf's words, which name what it did not find. */
function failureOf(attempt: Attempt, outcome: Outcome): BpfError {
  const cause = libbpfError(attempt, outcome);
  const { errno, reason } = cause;
  if (reason.includes("perf event ID") && !hasTracefs()) {
    return new BpfError({ ...attempt, ...noTracefs, errno, cause });
  }
  const explanation = explanations[errno ?? ""];
  if (explanation === undefined) return cause;
  return new BpfError({
    ...attempt,
    code: "invalid-argument",
    reason,
    errno,
    cause,
    ...explanation,
  });
}

const explanations: Readonly<Record<string, Explanation>> = {
  ENOENT: {},
  ESRCH: {},
  EINVAL: {},
  EEXIST: { code: "already-attached", reason: "the program is attached there already" },
  EOPNOTSUPP: {
    reason: "its section does not say to what, or the kernel does not attach it so",
    hint: "give a target, or use the function for the kind of hook: attachTcx, attachCgroup",
  },
};

const noTracefs = {
  code: "kernel-error",
  reason: "the kernel's tracepoints are numbered in tracefs, which is not mounted",
  hint: "mount -t tracefs tracefs /sys/kernel/tracing",
} as const;

function hasTracefs(): boolean {
  return ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].some((path) =>
    existsSync(`${path}/events`),
  );
}

function describeTarget(target: AttachTarget): string {
  switch (target.kind) {
    case "kprobe":
      return `function ${target.function}`;
    case "kprobes":
      return `functions ${String(target.functions)}`;
    case "syscall":
      return `system call ${target.syscall}`;
    case "uprobe":
      return `${target.file} ${target.function ?? `offset ${String(target.offset ?? 0)}`}`;
    case "uprobes":
      return `${target.file} ${String(target.functions)}`;
    case "usdt":
      return `${target.file} ${target.provider}:${target.name}`;
    case "tracepoint":
      return `tracepoint ${target.category}/${target.name}`;
    case "raw-tracepoint":
      return `tracepoint ${target.name}`;
    case "replacement":
      return `function ${target.function} of program ${target.program.name}`;
    case "perf-event":
      return `${typeof target.event === "string" ? target.event : "event"} of CPU ${String(target.cpu)}`;
    case "tracing":
    default:
      return "what it was loaded for";
  }
}
