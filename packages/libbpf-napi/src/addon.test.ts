import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addon, loadAddon, prebuildPath } from "./addon.ts";
import { thrown } from "./testing/thrown.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hdt-addon-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What TypeScript rules out, as a mistake in this package could produce it. */
function call(name: keyof ReturnType<typeof addon>, ...args: readonly unknown[]): unknown {
  const method: unknown = addon()[name];
  if (typeof method !== "function") throw new Error(`${name} is no function`);
  return Reflect.apply(method, undefined, args);
}

describe("the addon", () => {
  it("is the prebuild for this platform", () => {
    expect(prebuildPath()).toContain(`prebuilds/${process.platform}-${process.arch}-`);
    expect(addon().libbpfVersion).toBe("v1.5");
    expect(addon()).toBe(addon());
  });

  it("is missed with its path, and how to build it", () => {
    const path = join(folder, "absent.node");
    expect(thrown(() => loadAddon(path))).toMatchObject({
      code: "addon-missing",
      subject: path,
      hint: expect.stringContaining("npm run native"),
    });
  });

  it("is refused when it is of another version, or no addon", () => {
    const other = join(folder, "other.cjs");
    writeFileSync(other, "module.exports = { interfaceVersion: 0 };");
    expect(thrown(() => loadAddon(other))).toMatchObject({
      code: "addon-missing",
      reason: expect.stringContaining("another version"),
    });
    const broken = join(folder, "broken.node");
    writeFileSync(broken, "no library");
    expect(thrown(() => loadAddon(broken))).toMatchObject({
      code: "addon-missing",
      subject: broken,
    });
  });

  it("throws instead of reading memory when its arguments are wrong", () => {
    const [key, value] = [new Uint8Array(4), new Uint8Array(8)];
    expect(thrown(() => call("mapLookup", "1", key, value))).toBeInstanceOf(TypeError);
    expect(thrown(() => call("mapLookup", 1, new Uint16Array(2), value))).toBeInstanceOf(TypeError);
    expect(thrown(() => call("mapLookup"))).toBeInstanceOf(TypeError);
    expect(thrown(() => call("objectMaps", {}))).toBeInstanceOf(TypeError);
  });

  it("loads into several worker threads at once", async () => {
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      parentPort.postMessage(require(workerData).libbpfVersion);
    `;
    const workers = Array.from(
      { length: 4 },
      () => new Worker(source, { eval: true, workerData: prebuildPath() }),
    );
    const versions = workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.once("message", resolve);
          worker.once("error", reject);
        }),
    );
    expect(await Promise.all(versions)).toEqual(["v1.5", "v1.5", "v1.5", "v1.5"]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});
