import {
  type Connection,
  type ConnectionFilter,
  connectionTuple,
  parseConnectionFilter,
  recordConnection,
} from "@heddle/conntrack";
import { createManualClock, parseIp } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { type ConnectionChange, ConnectionWatch } from "./connection-watch.ts";
import { connection } from "./connections.fake.ts";

const [source, destination] = [parseIp("10.0.1.5"), parseIp("10.0.2.7")];

/** A connection that is told from others by its port. */
function to(port: number, change: Partial<Connection> = {}): Connection {
  const original = connectionTuple({ protocol: "tcp", source, destination, destinationPort: port });
  return connection({ original, ...change });
}

/** Changes in short: `removed 80 expired`. */
function short(change: ConnectionChange): string {
  const { kind, connection: of } = change;
  const what = kind === "removed" ? (change.reason ?? "gone") : of.state;
  return `${kind} ${String(of.original.destinationPort)} ${what}`;
}

/** A table that is read. */
async function* read(...connections: readonly Connection[]): AsyncGenerator<Connection> {
  yield* connections;
}

function setUp(filter: ConnectionFilter = {}) {
  const clock = createManualClock(5000);
  const watch = new ConnectionWatch(filter, clock);
  const look = async (...connections: readonly Connection[]): Promise<readonly string[]> => {
    clock.advance(1000);
    return (await Array.fromAsync(watch.look(read(...connections)))).map(short);
  };
  const told = (of: Connection, reason = "expired"): string | undefined => {
    const now = clock.now();
    const record = recordConnection(of, clock.monotonic());
    const change = watch.told({
      time: new Date(now).toISOString(),
      reason,
      connection: record,
    });
    return change === undefined ? undefined : short(change);
  };
  return { clock, watch, look, told };
}

describe("connections that are looked at again and again", () => {
  it("are not new at the first look, and are told of when they begin, change and leave", async () => {
    const { look } = setUp();
    expect(await look(to(1), to(2))).toEqual([]);
    expect(await look(to(1), to(2), to(3, { state: "opening" }))).toEqual(["new 3 opening"]);
    expect(await look(to(1), to(3))).toEqual(["changed 3 established", "removed 2 gone"]);
    expect(await look(to(1), to(3))).toEqual([]);
  });

  it("are others when they began at another time", async () => {
    const { look } = setUp();
    await look(to(1, { created: 1000 }));
    // The beginning seems to move by a tick of the kernel's clock.
    expect(await look(to(1, { created: 1004 }))).toEqual([]);
    expect(await look(to(1, { created: 6500, state: "opening" }))).toEqual([
      "removed 1 gone",
      "new 1 opening",
    ]);
  });

  it("of two scopes are two", async () => {
    const { look } = setUp();
    await look(to(1));
    expect(await look(to(1), to(1, { scope: "service" }))).toEqual(["new 1 established"]);
  });

  it("are told of as what they were when they were seen last", async () => {
    const { watch, clock } = setUp();
    await Array.fromAsync(watch.look(read(to(1))));
    clock.advance(500);
    const [change] = await Array.fromAsync(watch.look(read()));
    expect(change).toEqual({
      kind: "removed",
      time: new Date(5500).toISOString(),
      reason: undefined,
      connection: recordConnection(to(1), 5500),
    });
  });

  it("leave by what the agent tells, where it does", async () => {
    const { watch, look, told } = setUp();
    watch.removalsAreTold = true;
    await look(to(1), to(2));
    expect(await look(to(2))).toEqual([]);
    expect(told(to(1))).toBe("removed 1 expired");
    expect(await look(to(2, { created: 6500 }))).toEqual(["new 2 established"]);
    expect(told(to(2), "replaced")).toBe("removed 2 replaced");
    // The agent has gone.
    watch.removalsAreTold = false;
    expect(await look()).toEqual(["removed 2 gone"]);
  });

  it("are not new, nor changed, after they were told to be removed while the table is read", async () => {
    const { watch, clock, told } = setUp();
    watch.removalsAreTold = true;
    const again = to(3, { created: 5900 });
    async function* second() {
      told(to(1));
      told(to(2));
      told(to(3));
      yield to(1, { state: "closing" });
      yield to(2);
      yield again;
    }
    await Array.fromAsync(watch.look(read(to(1))));
    clock.advance(1000);
    expect((await Array.fromAsync(watch.look(second()))).map(short)).toEqual(["new 3 established"]);
  });

  it("are those that the filter means, where a state is meant by the state they come to", async () => {
    const { watch, look, told } = setUp(parseConnectionFilter("state=closing addr=10.0.1.5"));
    expect(watch.wanted).toEqual(parseConnectionFilter("addr=10.0.1.5"));
    watch.removalsAreTold = true;
    await look(to(1), to(2));
    expect(await look(to(1, { state: "closing" }), to(2), to(3))).toEqual(["changed 1 closing"]);
    expect(told(to(2))).toBeUndefined();
    expect(told(to(1, { state: "closing" }))).toBe("removed 1 expired");
  });
});
