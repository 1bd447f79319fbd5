import type { Program } from "./program-types.ts";

interface WithCookie {
  /** What the program reads by `bpf_get_attach_cookie` (Linux 5.15). @defaultValue 0 */
  readonly cookie?: bigint;
}

interface WithCookies {
  /**
   * What the program reads by `bpf_get_attach_cookie`, one for each of the functions, which are then given by
   * their names and not by a pattern. @defaultValue 0 for all
   */
  readonly cookies?: readonly bigint[];
}

interface AtReturn {
  /** When the function returns, instead of when it is entered. @defaultValue `false` */
  readonly atReturn?: boolean;
}

interface InProcess {
  /** Id of the only process that is watched. @defaultValue every process, also later ones */
  readonly process?: number;
}

/** A function of the kernel, for programs of sections `kprobe` and `kretprobe`. */
export interface KprobeTarget extends WithCookie, AtReturn {
  readonly kind: "kprobe";
  /** A name of `/proc/kallsyms`. */
  readonly function: string;
  /** Bytes from the function's beginning. @defaultValue 0 */
  readonly offset?: number;
}

/** Many functions of the kernel, for programs of sections `kprobe.multi` (Linux 5.18). */
export interface KprobesTarget extends WithCookies, AtReturn {
  readonly kind: "kprobes";
  /** Their names, or a pattern with `*` and `?`. */
  readonly functions: string | readonly string[];
}

/** A system call, for programs of sections `ksyscall`. */
export interface SyscallTarget extends WithCookie, AtReturn {
  readonly kind: "syscall";
  /** `openat`. */
  readonly syscall: string;
}

/** A function in a program or library, for programs of sections `uprobe` and `uretprobe`. */
export interface UprobeTarget extends WithCookie, AtReturn, InProcess {
  readonly kind: "uprobe";
  /** Path, or a name that is found like a command or a library: `libc.so.6`. */
  readonly file: string;
  /** @defaultValue none: `offset` counts from the file's beginning */
  readonly function?: string;
  /** Bytes from the function's beginning. @defaultValue 0 */
  readonly offset?: number;
}

/** Many functions in a program or library, for programs of sections `uprobe.multi` (Linux 6.6). */
export interface UprobesTarget extends WithCookies, AtReturn, InProcess {
  readonly kind: "uprobes";
  /** Path, or a name that is found like a command or a library. */
  readonly file: string;
  /** Their names, or a pattern with `*` and `?`. */
  readonly functions: string | readonly string[];
}

/** A static tracepoint in a program or library, for programs of sections `usdt`. */
export interface UsdtTarget extends WithCookie, InProcess {
  readonly kind: "usdt";
  /** Path, or a name that is found like a command or a library. */
  readonly file: string;
  readonly provider: string;
  readonly name: string;
}

/** A tracepoint of the kernel, for programs of sections `tp`; needs a mounted tracefs. */
export interface TracepointTarget extends WithCookie {
  readonly kind: "tracepoint";
  /** `sched`. */
  readonly category: string;
  /** `sched_switch`. */
  readonly name: string;
}

/** A tracepoint of the kernel with its raw arguments, for programs of sections `raw_tp`. */
export interface RawTracepointTarget extends WithCookie {
  readonly kind: "raw-tracepoint";
  /** `sched_switch`. */
  readonly name: string;
}

/** What the program was loaded for, for `fentry`, `fexit`, `fmod_ret`, `tp_btf` and LSM. */
export interface TracingTarget extends WithCookie {
  readonly kind: "tracing";
}

/** A global function of another program, for programs of sections `freplace` (Linux 5.10). */
export interface ReplacementTarget {
  readonly kind: "replacement";
  readonly program: Program;
  readonly function: string;
}

/** A clock or counter, for programs of sections `perf_event`. One attachment is for one CPU. */
export interface PerfEventTarget extends WithCookie, InProcess {
  readonly kind: "perf-event";
  /** One of the kernel's own events, or type and configuration as perf_event_open(2) has them. */
  readonly event: PerfEventName | { readonly type: number; readonly config: bigint };
  readonly cpu: number;
  /** Run once for so many events; nanoseconds for clocks. */
  readonly period?: bigint;
  /** Run so many times a second. @defaultValue 100, without a `period` */
  readonly frequency?: number;
}

/** Software events and the most usual ones of the hardware, by the names of perf(1). */
export type PerfEventName =
  | "cpu-clock"
  | "task-clock"
  | "page-faults"
  | "context-switches"
  | "cpu-migrations"
  | "cpu-cycles"
  | "instructions"
  | "cache-misses"
  | "branch-misses";

/** What a program is attached to, where its section does not say it. */
export type AttachTarget =
  | KprobeTarget
  | KprobesTarget
  | SyscallTarget
  | UprobeTarget
  | UprobesTarget
  | UsdtTarget
  | TracepointTarget
  | RawTracepointTarget
  | TracingTarget
  | ReplacementTarget
  | PerfEventTarget;
