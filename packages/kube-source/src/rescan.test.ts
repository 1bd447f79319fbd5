import { createManualClock } from "@heddle/contracts";
import { describe, expect, it } from "vitest";
import { Rescan } from "./rescan.ts";

/** A rescan whose scans end when they are told to. */
function setUp() {
  const clock = createManualClock(1000);
  const scans: {
    readonly at: number;
    readonly outOfPatience: boolean;
    readonly end: () => void;
  }[] = [];
  const rescan = new Rescan(clock, { patience: 200, interval: 10_000 }, (outOfPatience) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scans.push({ at: clock.monotonic() - 1000, outOfPatience, end: resolve });
    return promise;
  });
  const endScan = async () => {
    scans.at(-1)?.end();
    // The rescan goes on in the microtasks after the scan's promise.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { clock, rescan, scans, endScan };
}

describe("scans", () => {
  it("begin at once for the first time, then after the interval", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    const started = rescan.start();
    expect(scans).toHaveLength(1);
    await endScan();
    await started;
    clock.advance(9999);
    expect(scans).toHaveLength(1);
    clock.advance(1);
    expect(scans.map(({ at }) => at)).toEqual([0, 10_000]);
  });

  it("wait until requests have calmed down", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    void rescan.start();
    await endScan();
    rescan.request(50);
    clock.advance(49);
    rescan.request(50);
    clock.advance(49);
    expect(scans).toHaveLength(1);
    clock.advance(1);
    expect(scans.at(-1)).toMatchObject({ at: 99, outOfPatience: false });
  });

  it("wait for the request that takes longest to settle", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    void rescan.start();
    await endScan();
    rescan.request(50);
    clock.advance(10);
    rescan.request(1);
    clock.advance(39);
    expect(scans).toHaveLength(1);
    clock.advance(1);
    expect(scans.at(-1)).toMatchObject({ at: 50, outOfPatience: false });
    await endScan();
    rescan.request(1);
    clock.advance(1);
    expect(scans.at(-1)).toMatchObject({ at: 51 });
  });

  it("begin when patience ends, however many requests come", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    void rescan.start();
    await endScan();
    for (let time = 0; time < 200; time += 10) {
      rescan.request(50);
      clock.advance(10);
    }
    expect(scans.at(-1)).toMatchObject({ at: 200, outOfPatience: true });
    expect(scans).toHaveLength(2);
  });

  it("are never two at a time; a request during one leads to another after it", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    void rescan.start();
    rescan.request(50);
    rescan.request(50);
    clock.advance(500);
    expect(scans).toHaveLength(1);
    await endScan();
    clock.advance(0);
    expect(scans).toHaveLength(2);
    await endScan();
    clock.advance(9999);
    expect(scans).toHaveLength(2);
  });

  it("go on after one that failed", async () => {
    const clock = createManualClock();
    let scans = 0;
    const rescan = new Rescan(clock, { patience: 200, interval: 1000 }, async () => {
      scans += 1;
      if (scans === 1) throw new Error("broken");
    });
    await expect(rescan.start()).rejects.toThrow("broken");
    clock.advance(1000);
    expect(scans).toBe(2);
    await rescan.close();
  });

  it("end with close, which does not fail because of one", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const rescan = new Rescan(
      createManualClock(),
      { patience: 200, interval: 1000 },
      () => promise,
    );
    const started = rescan.start();
    const closing = rescan.close();
    reject(new Error("broken"));
    await closing;
    await expect(started).rejects.toThrow("broken");
  });

  it("end with close, which waits for the one in flight", async () => {
    const { clock, endScan, rescan, scans } = setUp();
    void rescan.start();
    let closed = false;
    const closing = rescan.close().then(() => (closed = true));
    await Promise.resolve();
    expect(closed).toBe(false);
    await endScan();
    await closing;
    rescan.request(50);
    expect(clock.pending).toBe(0);
    await rescan.start();
    expect(scans).toHaveLength(1);
  });
});
