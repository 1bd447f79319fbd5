import { describe, expect, it } from "vitest";
import { VerifierError } from "./errors.ts";
import { diagnose } from "./verifier-log.ts";

/** As Linux 6.9 and newer write it. */
const nullPointer = `0: R1=ctx() R10=fp0
; __u32 key = 0; @ counter.bpf.c:30
0: (b7) r1 = 0                        ; R1_w=0
; value->length = skb->len; @ counter.bpf.c:33
7: (61) r1 = *(u32 *)(r6 +0)          ; R1_w=scalar(smin=0,smax=umax=0xffffffff) R6_w=ctx()
8: (63) *(u32 *)(r0 +0) = r1
R0 invalid mem access 'map_value_or_null'
verification time 61 usec
stack depth 4
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** As Linux 6.1 writes it: without file and line. */
const older = `func#0 @0
0: R1=ctx(off=0,imm=0) R10=fp0
; return data[skb->mark];
0: (61) r2 = *(u32 *)(r1 +8)          ; R1=ctx(off=0,imm=0) R2_w=scalar(umax=4294967295)
1: (0f) r3 += r2
R3 unbounded memory access, make sure to bounds check any such access
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** As Linux 7.3 writes it: a report follows, which tells the same once more. */
const reported = `0: R1=ctx()
; return bpf_get_hash_recalc((void *)context); @ rejected.bpf.c:53
0: (85) call bpf_get_hash_recalc#34
program of this type cannot use helper bpf_get_hash_recalc#34

Verification failed: Policy: Operation is not allowed

Reason:
  The helper bpf_get_hash_recalc#34 is not allowed: this program type does not allow the helper.

At:
  wrong_helper @ rejected.bpf.c:53:9
  Source context:
      52 | ...
  >>> 53 |         return bpf_get_hash_recalc((void *)context);
         |         ^-- error: policy check failed for helper bpf_get_hash_recalc#34
  Instruction context:
  >>> 0 | (85) call bpf_get_hash_recalc#34

Suggestion:
  Use a helper allowed for this program type,
  or move the logic to a compatible program type.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

describe("diagnose", () => {
  it("finds the same in front of the report that newer kernels add", () => {
    expect(diagnose(reported)).toEqual({
      source: {
        text: "return bpf_get_hash_recalc((void *)context);",
        file: "rejected.bpf.c",
        line: 53,
      },
      message: "program of this type cannot use helper bpf_get_hash_recalc#34",
      hint: "this kind of program may not call the helper",
    });
  });

  it("passes on what the kernel suggests when it has no hint of its own", () => {
    const unknown = reported.replace("program of this type cannot use helper", "no such thing:");
    expect(diagnose(unknown).hint).toBe(
      "Use a helper allowed for this program type, or move the logic to a compatible program type.",
    );
  });

  it("finds the line of source, the complaint and what helps", () => {
    expect(diagnose(nullPointer)).toEqual({
      source: { text: "value->length = skb->len;", file: "counter.bpf.c", line: 33 },
      message: "R0 invalid mem access 'map_value_or_null'",
      hint: "compare the pointer with NULL before it is used",
    });
  });

  it("reads older kernels' logs", () => {
    expect(diagnose(older)).toEqual({
      source: { text: "return data[skb->mark];", file: undefined, line: undefined },
      message: "R3 unbounded memory access, make sure to bounds check any such access",
      hint: expect.stringContaining("bound the number"),
    });
  });

  it("reads the line that stands before an instruction number", () => {
    const log = `5: ; for (;;) @ loop.bpf.c:9
2: ; n++; @ loop.bpf.c:10
back-edge from insn 5 to 2
processed 0 insns (limit 1000000)
`;
    expect(diagnose(log)).toMatchObject({
      source: { text: "n++;", line: 10 },
      message: "back-edge from insn 5 to 2",
      hint: expect.stringContaining("bpf_loop"),
    });
  });

  it("shows the two lines of a complaint, and no states", () => {
    const log = `1: (71) r0 = *(u8 *)(r1 +0)
invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
R1 offset is outside of the packet
processed 2 insns (limit 1000000)
`;
    expect(diagnose(log)).toEqual({
      source: undefined,
      message:
        "invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0); R1 offset is outside of the packet",
      hint: expect.stringContaining("data_end"),
    });
    const loop = "infinite loop detected at insn 5\ncur state: R0=0\nold state: R0=0\n";
    expect(diagnose(loop).message).toBe("infinite loop detected at insn 5");
  });

  it.each([
    ["R1 !read_ok", "before it was set"],
    ["BPF program is too large. Processed 1000001 insn", "global functions"],
    ["program of this type cannot use helper bpf_redirect#23", "may not call"],
    ["unknown func bpf_new_helper#300", "this kernel has no such"],
    ["invalid access to packet, off=34 size=1, R2(id=0,off=34,r=0)", "data_end"],
    ["R1 invalid mem access 'scalar'", "used as a pointer"],
    ["combined stack size of 2 calls is 544. Too large", "512 bytes"],
    ["cannot call GPL-restricted function from non-GPL compatible program", "license"],
    ["invalid indirect access to stack R3 off=-8 size=600", "check the bounds"],
    [
      "At program exit the register R0 has smin=7 smax=7 should have been in [0, 1]",
      "returns only",
    ],
    ["Unreleased reference id=2 alloc_insn=7", "release"],
  ])("has a hint for %s", (message, hint) => {
    expect(diagnose(message).hint).toContain(hint);
  });

  it("has none for what it does not know, and survives an empty log", () => {
    expect(diagnose("something new\n").hint).toBeUndefined();
    expect(diagnose("").message).toBe("no reason in the verifier's log");
  });
});

describe("VerifierError", () => {
  it("shows the line first, and keeps the whole log", () => {
    const error = new VerifierError("observe", nullPointer, "EACCES");
    expect(error.message).toBe(
      'load program observe: "value->length = skb->len;" at counter.bpf.c:33: ' +
        "R0 invalid mem access 'map_value_or_null' (compare the pointer with NULL before it is used)",
    );
    expect(error).toMatchObject({
      code: "verifier-rejected",
      errno: "EACCES",
      program: "observe",
      log: nullPointer,
      name: "VerifierError",
    });
  });
});
