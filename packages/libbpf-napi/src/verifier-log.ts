/** A line of a program's source, as the verifier's log quotes it. */
export interface SourceLine {
  readonly text: string;
  /** File and line are in the log since Linux 6.9. */
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** What a verifier's log says to a person. */
export interface VerifierDiagnosis {
  /** The last line of source before the verifier gave up. */
  readonly source: SourceLine | undefined;
  /** What it had against it. */
  readonly message: string;
  /** What usually helps. */
  readonly hint: string | undefined;
}

/** Lines in which the verifier follows the program or counts; none of them says what is wrong. */
const narration = [
  /^\d+: \([0-9a-f]{2}\)/, // 12: (61) r1 = *(u32 *)(r6 +76)
  /^(?:from )?\d+(?: to \d+)?:(?: |$)/, // from 3 to 7: R0=0 R10=fp0
  /^(?:\d+: )?;/, // ; the source
  /^R\d+(?:_w)?=/, // R0_w=scalar() R10=fp0
  /^(?:func#\d+|Func#\d+|Global function|Validating|processed \d|verification time|stack depth)/,
  /^(?:propagating|last_idx|mark_precise|regs=|parent |caller:|callee:|returning from|from callee)/,
  /^(?:cur|old) state:/,
];

/** The well-known complaints and what usually helps. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /invalid mem access '(?:map_value|sock|mem)_or_null'/,
    "compare the pointer with NULL before it is used",
  ],
  [
    /invalid mem access 'scalar'|invalid mem access 'inv'/,
    "a number is used as a pointer; a pointer that was stored or cast loses its type",
  ],
  [
    /invalid access to packet/,
    "compare with data_end for as many bytes as are read, on the same pointer",
  ],
  [/invalid access to map value/, "check the index against the value's size first"],
  [/invalid bpf_context access/, "this field cannot be used here in this kind of program"],
  [
    /invalid (?:indirect )?access to|invalid (?:read|write) (?:from|to) stack/,
    "check the bounds before the access",
  ],
  [
    /unbounded|R\d+ min value is (?:negative|outside)/,
    "bound the number before it is used as a length or an offset: compare it, or mask it with &",
  ],
  [/R\d+ !read_ok/, "a variable is read before it was set on every path"],
  [
    /back-edge|infinite loop/,
    "make the loop's bound a constant, or use bpf_loop or a bpf_for iterator",
  ],
  [
    /too large|too complex|too many (?:states|instructions)/,
    "split the program into global functions, which are verified once, or shorten its loops",
  ],
  [/unknown func/, "this kind of program may not call the helper, or this kernel has no such"],
  [/cannot use helper|program of this type cannot/, "this kind of program may not call the helper"],
  [/Unreleased reference/, "release what was acquired on every path, the early returns included"],
  [/At program exit/, "this kind of program returns only what is in the range that is named"],
  [/unreachable insn/, "code after the program's end, usually a return that the compiler removed"],
  [/combined stack size|stack depth|stack limit/, "the stack has 512 bytes: move data to a map"],
  [/GPL-compatible|cannot call GPL/, 'the helper needs char _license[] SEC("license") = "GPL"'],
  [/not allowed for|permission|CAP_/i, "a capability is missing: run as root"],
];

/** Newer kernels, 7.3 among them, tell the same at length once more, with the source around it. */
const reportBegins = /^Verification failed: /;

/** Finds in a verifier's log what a person wants to know first. */
export function diagnose(log: string): VerifierDiagnosis {
  const lines = log.split("\n").map((line) => line.trim());
  const report = lines.findIndex((line) => reportBegins.test(line));
  const trace = report < 0 ? lines : lines.slice(0, report);
  const message = findMessage(trace);
  const hint = findHint(message) ?? findSuggestion(lines.slice(trace.length));
  return { source: findSource(trace), message, hint };
}

/** What the kernel's own report suggests. */
function findSuggestion(report: readonly string[]): string | undefined {
  const begin = report.indexOf("Suggestion:") + 1;
  if (begin === 0) return undefined;
  const end = report.indexOf("", begin);
  return report.slice(begin, end < 0 ? undefined : end).join(" ");
}

/** The last lines that are not narration: usually one, or two where the second one says more. */
function findMessage(lines: readonly string[]): string {
  const end = lines.findLastIndex(isComplaint) + 1;
  const begin = lines.slice(0, end).findLastIndex((line) => !isComplaint(line)) + 1;
  if (end === 0) return "no reason in the verifier's log";
  return lines.slice(Math.max(begin, end - maxComplaints), end).join("; ");
}

/** Of what stands together at the end of a log, so much goes into the message. */
const maxComplaints = 3;

function isComplaint(line: string): boolean {
  return line !== "" && !narration.some((pattern) => pattern.test(line));
}

function findSource(lines: readonly string[]): SourceLine | undefined {
  const quoted = lines.findLast((line) => /^(?:\d+: )?; /.test(line));
  if (quoted === undefined) return undefined;
  const text = quoted.replace(/^(?:\d+: )?; /, "");
  const match = /^(.*?)\s*@ (\S+):(\d+)$/.exec(text);
  if (match === null) return { text, file: undefined, line: undefined };
  return { text: match[1] ?? "", file: match[2], line: Number(match[3]) };
}

function findHint(message: string): string | undefined {
  return hints.find(([pattern]) => pattern.test(message))?.[1];
}
