import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "@heddle/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labDown } from "../index.ts";
import { labFolder } from "../lab-folder.ts";
import { fateOf } from "../testing/fate.ts";
import { createLabScene, failure, heddle, type LabScene, run } from "../testing/lab-scene.ts";
import { processesNaming } from "../testing/traces.ts";
import type { LabImpairment } from "./impair-lab.ts";

let scene: LabScene;
beforeAll(async () => {
  scene = await createLabScene({ nodes: 1, pods: "" });
});
afterAll(async () => scene[Symbol.asyncDispose]());

const outside = "192.0.2.254";

/** What ping says on node-1. */
async function ping(...options: readonly string[]): Promise<string> {
  const { stdout } = await run(scene.lab.onNode("node-1", ["ping", "-n", ...options, outside]));
  return stdout;
}

async function impairmentOf(direction: "from" | "to"): Promise<LabImpairment> {
  const found = (await scene.lab.impairments()).find((each) => each.direction === direction);
  if (found === undefined) throw new Error(`nothing is impaired ${direction} the host`);
  return found;
}

/** How many of a direction's packets the model lets have each fate. */
function expected({ packets, seed, direction, ...shares }: LabImpairment) {
  const own = 2n * BigInt(seed) + (direction === "to" ? 1n : 0n);
  const fates = Array.from({ length: Number(packets) }, (_, n) => fateOf(own, BigInt(n)));
  const passed = fates.filter(({ loss }) => loss >= shares.loss);
  const count = (which: "duplicate" | "reorder"): bigint =>
    BigInt(passed.filter((fate) => fate[which] < shares[which]).length);
  return {
    lost: packets - BigInt(passed.length),
    duplicated: count("duplicate"),
    reordered: count("reorder"),
    overflowed: 0n,
  };
}

describe("an impaired link", () => {
  it("loses the packets that its seed says, in one direction", async () => {
    await scene.lab.impair("node-1", { loss: 0.2, seed: 7 }, ["from"]);
    const text = await ping("-q", "-i0.002", "-c500", "-W1");
    const found = await impairmentOf("from");
    expect(found.packets).toBeGreaterThanOrEqual(500n);
    expect(found).toMatchObject({ link: "node-1/eth0", loss: 0.2, ...expected(found) });
    const received = Number(/(\d+) received/.exec(text)?.[1]);
    // A question to the neighbour may be among the lost.
    expect(500 - received).toBeLessThanOrEqual(Number(found.lost));
    expect(500 - received).toBeGreaterThan(50);
    await scene.lab.unimpair("node-1");
  });

  it("repeats packets", async () => {
    await scene.lab.impair("node-1/eth0", { duplicate: 0.5, seed: 3 }, ["to"]);
    const text = await ping("-q", "-i0.002", "-c200", "-W1");
    const found = await impairmentOf("to");
    expect(found).toMatchObject(expected(found));
    expect(text).toContain("200 received");
    expect(Number(/\+(\d+) duplicates/.exec(text)?.[1])).toBeGreaterThan(50);
    await scene.lab.unimpair("node-1");
  });

  it("delays packets by as long as it says, in both directions", async () => {
    await scene.lab.impair("node-1", { delay: 40 });
    const text = await ping("-i0.05", "-c10");
    const times = Array.from(text.matchAll(/time=([0-9.]+) ms/g), ([, time]) => Number(time));
    expect(times).toHaveLength(10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(80);
    await scene.lab.unimpair("node-1");
  });

  it("lets later packets overtake others", async () => {
    await scene.lab.impair("node-1", { reorder: 0.1, gap: 30, seed: 5 }, ["from"]);
    const text = await ping("-i0.002", "-c300", "-W5");
    const order = Array.from(text.matchAll(/icmp_seq=(\d+)/g), ([, number]) => Number(number));
    const found = await impairmentOf("from");
    expect(found).toMatchObject(expected(found));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    const overtaken = order.filter((number, place) =>
      order.slice(0, place).some((n) => n > number),
    );
    expect(overtaken.length).toBeGreaterThan(10);
    expect(overtaken.length).toBeLessThanOrEqual(Number(found.reordered));
    await scene.lab.unimpair("node-1");
  });

  it("carries TCP whatever it does, without harm to the content", async () => {
    await scene.lab.impair("node-1", {
      loss: 0.01,
      duplicate: 0.01,
      reorder: 0.02,
      delay: 1,
      gap: 2,
    });
    const script = `
      const body = new Uint8Array(5e5).map((_, index) => index * index);
      const url = "http://${outside}:8080/reflect";
      const answer = await fetch(url, { method: "POST", body });
      console.log(Buffer.compare(Buffer.from(await answer.arrayBuffer()), body));`;
    const command = [process.execPath, "--input-type=module", "-e", script];
    expect((await run(scene.lab.onNode("node-1", command))).stdout).toBe("0\n");
    expect(await scene.lab.impairments()).toMatchObject([{ overflowed: 0n }, { overflowed: 0n }]);
    await scene.lab.unimpair("node-1");
  });

  it("is as it was afterwards, with nothing left of what impaired it", async () => {
    const { lab, name } = scene;
    const features = async (): Promise<string> =>
      (await run(lab.outside(["ethtool", "-k", "eth0"]))).stdout;
    const before = await features();
    await lab.impair("outside", { delay: 1, loss: 1 });
    await lab.impair("node-1", { loss: 1 }, ["to"]);
    expect(await ping("-q", "-c1", "-W1")).toContain("0 received");
    expect(await features()).not.toBe(before);
    const line = (): readonly string[] =>
      processesNaming(`${labFolder(name).pins}/impair`).filter((text) =>
        text.includes("delay-main"),
      );
    expect(line()).toHaveLength(1);
    await lab.unimpair("outside");
    expect(await lab.impairments()).toHaveLength(1);
    await lab.unimpair("node-1", ["from"]);
    expect(await lab.impairments()).toHaveLength(1);
    await lab.unimpair("node-1");
    expect(await lab.impairments()).toEqual([]);
    expect(await features()).toBe(before);
    expect(line()).toEqual([]);
    expect(existsSync(join(labFolder(name).pins, "impair"))).toBe(false);
    expect(await ping("-q", "-c1", "-W1")).toContain("1 received");
    await lab.unimpair("node-1");
  });

  it("is whole after a command that was killed in the middle, at whatever point", async () => {
    const { lab, name } = scene;
    const pins = join(labFolder(name).pins, "impair");
    for (const point of [
      pins,
      join(pins, "impairments"),
      join(labFolder(name).root, "delay.ready"),
    ]) {
      const [program = "", ...own] = heddle;
      const args = [...own, "lab", "impair", "--name", name, "node-1", "--delay", "1ms"];
      const child = spawn(program, args, { stdio: "ignore" });
      await waitUntil(point, () => existsSync(point));
      child.kill("SIGKILL");
      await once(child, "exit");
      await lab.impair("node-1", { delay: 5 }, ["to"]);
      expect(await ping("-q", "-c1", "-w5")).toContain("1 received");
      await lab.unimpair("node-1");
      expect([await lab.impairments(), existsSync(pins)]).toEqual([[], false]);
    }
  });

  it("is refused delay where frames are larger than can be held, and nothing is changed", async () => {
    await using jumbo = await createLabScene({ nodes: 1, mtu: 3501, pods: "" });
    const error = await failure(() => jumbo.lab.impair("node-1", { delay: 1 }));
    expect([error.code, error.reason]).toEqual([
      "bad-option",
      "the lab's mtu is 3501, and packets of 3500 bytes at most can be held",
    ]);
    expect(existsSync(join(labFolder(jumbo.name).pins, "impair"))).toBe(false);
    await jumbo.lab.impair("node-1", { loss: 0.5 });
    expect(await jumbo.lab.impairments()).toHaveLength(2);
  });

  it("gets another delay line where the first one was killed, and goes with the lab", async () => {
    await scene.lab.impair("node-1", { delay: 1 }, ["to"]);
    const pid = (): number =>
      Number(
        /^process (\d+): \S+ \S*delay-main/m.exec(processesNaming(scene.name).join("\n"))?.[1],
      );
    const first = pid();
    process.kill(first, "SIGKILL");
    await waitUntil(
      "its end",
      () =>
        !processesNaming(scene.name)
          .join()
          .includes(`process ${String(first)}:`),
    );
    await scene.lab.impair("node-1", { delay: 2 }, ["to"]);
    expect(pid()).not.toBe(first);
    expect(await ping("-q", "-c1", "-W1")).toContain("1 received");
    await labDown(scene.name);
    expect(processesNaming(scene.name)).toEqual([]);
    expect(existsSync(labFolder(scene.name).pins)).toBe(false);
  });
});
