import { createManualClock } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { type ConntrackOptions, createConntrack } from "./index.ts";
import { datagram, segment } from "./packets.fake.ts";

function refusal(options: ConntrackOptions): unknown {
  try {
    createConntrack({ clock: createManualClock() }, options);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("timeouts", () => {
  it.each<readonly [ConntrackOptions, string]>([
    [
      { timeouts: { established: 0 } },
      "timeouts.established: 0 is not a whole number of milliseconds from 1 on",
    ],
    [
      { timeouts: { opening: -1 } },
      "timeouts.opening: -1 is not a whole number of milliseconds from 1 on",
    ],
    [
      { timeouts: { closing: 0.5 } },
      "timeouts.closing: 0.5 is not a whole number of milliseconds from 1 on",
    ],
    [
      { timeouts: { other: Number.POSITIVE_INFINITY } },
      "timeouts.other: Infinity is not a whole number of milliseconds from 1 on",
    ],
    [
      { timeouts: { closing: 9_000_000 } },
      "timeouts.closing: 9000000 ms is longer than timeouts.established, which is 8000000 ms (set closing to 8000000 at most)",
    ],
    [
      { timeouts: { established: 30_000, closing: 5000 } },
      "timeouts.opening: 60000 ms is longer than timeouts.established, which is 30000 ms (set opening to 30000 at most)",
    ],
    [
      { timeouts: { established: 50_000, opening: 5000 } },
      "serviceTimeouts.closing: 60000 ms is longer than serviceTimeouts.established, which is 50000 ms (set closing to 50000 at most)",
    ],
    [{ size: 0 }, "size: 0 is not a whole number from 1 on"],
    [{ fragments: 1.5 }, "fragments: 1.5 is not a whole number from 1 on"],
    [{ fragmentTimeout: Number.NaN }, "fragmentTimeout: NaN is not a whole number from 1 on"],
  ])("%j are refused", (options, message) => {
    expect(refusal(options)).toMatchObject({
      name: "ConntrackError",
      code: "invalid-option",
      message: `create connection tracking with ${message}`,
    });
  });

  it("are those that were given, for service entries too", () => {
    const clock = createManualClock();
    const timeouts = { established: 500, opening: 50, closing: 5, other: 70 };
    const conntrack = createConntrack(
      { clock },
      { timeouts, serviceTimeouts: { established: 600, closing: 40 } },
    );
    const service = { scope: "service" } as const;
    expect(conntrack.track(segment("client", "syn"))).toMatchObject({ remaining: 50 });
    expect(conntrack.track(segment("client", "ack"))).toMatchObject({ remaining: 500 });
    expect(conntrack.track(segment("client", "rst"))).toMatchObject({ remaining: 5 });
    expect(conntrack.track(datagram("client"))).toMatchObject({ remaining: 70 });
    expect(conntrack.track(segment("client", "syn"), service)).toMatchObject({ remaining: 50 });
    expect(conntrack.track(segment("client", "ack"), service)).toMatchObject({ remaining: 600 });
    expect(conntrack.track(segment("client", "fin", "ack"), service)).toMatchObject({
      remaining: 40,
    });
  });
});
