import type { LinkStatistics } from "@heddle/rtnetlink";
import { createTestNetns, type TestNetns } from "@heddle/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Load, type LoadResult, runLoad, settleEnds, startServer } from "./load.ts";
import type { Path } from "./path.ts";
import { wire } from "./wire.ts";

const times = { warmUp: 0.02, seconds: 0.1 };
const stack = new AsyncDisposableStack();
let client: TestNetns;
let server: TestNetns;
let path: Path;

beforeAll(async () => {
  client = stack.use(await createTestNetns("client"));
  server = stack.use(await createTestNetns("server"));
  await wire(
    { netns: client, device: "eth0", addresses: ["10.1.0.1/24", "fd00::1/64"] },
    { netns: server, device: "eth0", addresses: ["10.1.0.2/24", "fd00::2/64"] },
  );
  path = { client: client.path, server: server.path, address: "10.1.0.2" };
  await startServer(stack, path.server);
});

afterAll(() => stack.disposeAsync());

async function readStatistics(): Promise<LinkStatistics | undefined> {
  return (await server.rtnetlink.links.get("eth0"))?.statistics;
}

/** Runs a client, and tells what came in at the server's device meanwhile. */
async function observe(load: Load): Promise<LoadResult & { packets: number; bytes: number }> {
  const before = await readStatistics();
  const result = await runLoad(path, load, times);
  const after = await readStatistics();
  return {
    ...result,
    packets: Number((after?.receivedPackets ?? 0n) - (before?.receivedPackets ?? 0n)),
    bytes: Number((after?.receivedBytes ?? 0n) - (before?.receivedBytes ?? 0n)),
  };
}

describe("the load generator counts what the server's device saw:", () => {
  it("a packet for each request, and its time", async () => {
    const { numbers, packets, server: called } = await observe({ kind: "rr", apart: false });
    const { count = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, elapsed = 0 } = numbers;
    expect(called).toBe("10.1.0.2");
    expect(count).toBeGreaterThan(0);
    expect(packets).toBeGreaterThan(count);
    expect([p50, p90, p99, p999]).toEqual([p50, p90, p99, p999].toSorted((a, b) => a - b));
    // Half of all took at least the median.
    expect((count / 2) * p50).toBeLessThanOrEqual(elapsed);
    expect(elapsed).toBeGreaterThanOrEqual(times.seconds * 1e9);
  });

  it("at least four packets for each connection", async () => {
    const { numbers, packets } = await observe({ kind: "crr", apart: false });
    expect(numbers["count"]).toBeGreaterThan(0);
    expect(packets).toBeGreaterThanOrEqual(4 * (numbers["count"] ?? 0));
  });

  it("datagrams that arrived, of those that were sent", async () => {
    const { numbers, packets } = await observe({ kind: "udp", apart: false });
    const { sent = 0, arrived = 0 } = numbers;
    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThanOrEqual(sent);
    expect(packets).toBeGreaterThanOrEqual(arrived);
  });

  it.each([1, 4])("bytes of %d streams", async (streams) => {
    const { numbers, bytes } = await observe({ kind: "stream", apart: true, streams });
    expect(numbers["bytes"]).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThanOrEqual(numbers["bytes"] ?? 0);
  });
});

it("both ends use the same congestion control on every machine", async () => {
  await settleEnds(path);
  for (const netns of [client, server]) {
    const chosen = await netns.run("cat", "/proc/sys/net/ipv4/tcp_congestion_control");
    expect(chosen.trim()).toBe("reno");
  }
});

it("the server says by which address it was called, of both families", async () => {
  const ipv6 = { ...path, address: "fd00::2" };
  expect((await runLoad(ipv6, { kind: "rr", apart: false }, times)).server).toBe("fd00::2");
});

describe("a client", () => {
  it("tells why it could not", async () => {
    const nobody = { ...path, server: path.client, address: "10.1.0.1" };
    await expect(runLoad(nobody, { kind: "rr", apart: false }, times)).rejects.toThrow(
      "client: connect: Connection refused",
    );
  });

  it("ends when it is told to", async () => {
    const stop = new AbortController();
    const running = runLoad(
      path,
      { kind: "rr", apart: false },
      { warmUp: 0, seconds: 60 },
      stop.signal,
    );
    stop.abort(new Error("that is enough"));
    await expect(running).rejects.toThrow("that is enough");
  });
});
