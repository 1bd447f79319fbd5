import { parseIpv4, parseIpv6 } from "@heddle/contracts";
import { buildPacket, ethernet, ipv4, ipv6, packet, udp } from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { allowsNothingMalformed, forwardedProblem, leavesUntouched } from "./oracles.ts";
import type { Run } from "./target.ts";

const ends = { source: parseIpv4("10.0.0.1"), destination: parseIpv4("10.0.0.2") };
const ipv6Ends = { source: parseIpv6("fd00::1"), destination: parseIpv6("fd00::2") };
const before = buildPacket(packet(ethernet(), ipv4({ ...ends, ttl: 64 }), udp(), "x"));
const after = buildPacket(packet(ethernet(), ipv4({ ...ends, ttl: 63 }), udp(), "x"));

function run(fields: Partial<Run>): Run {
  return { frame: before, after: before, context: {}, verdict: "passed", ...fields };
}

/** The frame with another checksum. */
function wrong(frame: Uint8Array): Uint8Array {
  return frame.with(24, ((frame[24] ?? 0) + 1) % 256);
}

describe("a forwarded frame", () => {
  it("is one hop further, and nothing else", () => {
    expect(forwardedProblem(run({ after }), undefined)).toBeUndefined();
    const [six, next] = [64, 63].map((hopLimit) =>
      buildPacket(packet(ethernet(), ipv6({ ...ipv6Ends, hopLimit }), udp(), "x")),
    );
    expect(forwardedProblem(run({ frame: six ?? before, after: next ?? after }), undefined)).toBe(
      undefined,
    );
  });

  it("may have a checksum that is as wrong as before", () => {
    const both = run({ frame: wrong(before), after: wrong(after) });
    expect(forwardedProblem(both, undefined)).toBeUndefined();
    expect(forwardedProblem(run({ after: wrong(after) }), undefined)).toMatch(/checksum/);
  });

  it.each<[string, Uint8Array]>([
    ["byte 22", before],
    ["byte 40", after.with(40, 1)],
    ["length", new Uint8Array([...after, 0])],
    ["checksum", before.with(22, 63)],
  ])("is not one whose %s is wrong", (what, changed) => {
    expect(forwardedProblem(run({ after: changed }), undefined)).toMatch(what);
  });

  it("has the MAC addresses of the next hop", () => {
    const rewrite = { destination: Uint8Array.of(1, 2, 3, 4, 5, 6), source: new Uint8Array(6) };
    expect(forwardedProblem(run({ after }), rewrite)).toMatch(/byte 0/);
    const rewritten = after.slice();
    rewritten.set(rewrite.destination);
    expect(forwardedProblem(run({ after: rewritten }), rewrite)).toBeUndefined();
  });

  it("had a TTL to lose", () => {
    const last = buildPacket(packet(ethernet(), ipv4({ ...ends, ttl: 1 }), udp(), "x"));
    expect(forwardedProblem(run({ frame: last, after: last }), undefined)).toMatch(/TTL/);
  });
});

describe("a malformed packet", () => {
  const frame = buildPacket(packet(ethernet(), ipv4({ ...ends, checksum: 1 }), udp(), "x"));
  const strict = allowsNothingMalformed({ allows: ["redirected"], lenient: [] });

  it("may be dropped or left, and not go on", () => {
    expect(strict.judge(run({ frame, verdict: "redirected" }))).toMatch(/checksum is wrong/);
    expect(strict.judge(run({ frame, verdict: "dropped" }))).toBeUndefined();
    expect(strict.judge(run({ frame, verdict: "passed" }))).toBeUndefined();
    expect(strict.judge(run({ verdict: "redirected" }))).toBeUndefined();
  });

  it("may go on where that is the design", () => {
    const lenient = [{ flaw: "checksum", why: "a test" }] as const;
    const oracle = allowsNothingMalformed({ allows: ["redirected"], lenient });
    expect(oracle.judge(run({ frame, verdict: "redirected" }))).toBeUndefined();
    const ignoring = allowsNothingMalformed({
      allows: ["redirected"],
      lenient: [],
      ignores: () => true,
    });
    expect(ignoring.judge(run({ frame, verdict: "redirected" }))).toBeUndefined();
  });
});

it("what is passed on is untouched", () => {
  expect(leavesUntouched.judge(run({}))).toBeUndefined();
  expect(leavesUntouched.judge(run({ after }))).toMatch(/changed/);
  expect(leavesUntouched.judge(run({ after, verdict: "redirected" }))).toBeUndefined();
});
