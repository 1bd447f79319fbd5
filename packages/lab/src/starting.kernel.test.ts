import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "@heddle/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dialOnce } from "./testing/dial-all.ts";
import {
  applyElsewhere,
  commandPod,
  createLabScene,
  failure,
  type LabScene,
  serverPod,
} from "./testing/lab-scene.ts";
import { processesNaming } from "./testing/traces.ts";

let scene: LabScene;
beforeAll(async () => (scene = await createLabScene({ nodes: 1, pods: "" })));
afterAll(async () => scene[Symbol.asyncDispose]());

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "heddle-lab-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const phase = (name: string) => scene.lab.pods().find((pod) => pod.name === name)?.phase;
const apply = (...manifests: readonly string[]) =>
  scene.lab.apply(manifests.map((text) => scene.manifest(text)));

describe("a pod that was not started", () => {
  it("because it waited for an address is started by the next apply", async () => {
    const addresses = '{ heddle.dev/addresses: "10.244.1.77" }';
    const first = serverPod("first", "node-1", addresses);
    const second = serverPod("second", "node-1", addresses);
    await apply(first);
    {
      await using _applying = applyElsewhere(scene.name, scene.manifest(second));
      await waitUntil("the pod to be asked for", () => phase("second") === "Pending");
    }
    await scene.lab.delete([scene.manifest(first)]);
    expect(await apply(second)).toEqual({
      created: [],
      started: ["default/second"],
      unchanged: [],
      removed: [],
    });
    expect(phase("second")).toBe("Running");
    expect(await apply(second)).toMatchObject({ started: [], unchanged: ["default/second"] });
  });

  it.each([
    ["its own network", false],
    ["the host's network", true],
  ])("because its folder was missing, with %s, is started once that is there", async (_, host) => {
    const name = host ? "host" : "own";
    const workingDir = join(folder, "work");
    const pod = commandPod(name, "sleep 1000", host).replace(
      "containers: [{",
      `containers: [{ name: other, image: x, command: [sleep, "1000.77"] }, { workingDir: ${workingDir},`,
    );
    const error = await failure(() => apply(pod));
    expect(error.code).toBe("process-failed");
    expect(error.message).toContain(`its working folder ${workingDir} is not there`);
    expect(phase(name)).toBe("Pending");
    expect(processesNaming("sleep 1000.77")).toEqual([]);
    mkdirSync(workingDir);
    expect(await apply(pod)).toMatchObject({ started: [`default/${name}`] });
    expect(phase(name)).toBe("Running");
    await scene.lab.delete([scene.manifest(pod)]);
  });

  it("because its command fails may be another one when it is started", async () => {
    for (const [script, reason] of [
      ["echo out of order >&2; exit 3", "it ended at once with code 3: out of order"],
      ["kill -9 $$", "it ended at once with SIGKILL"],
      ["exec no-such-program", "it ended at once with code 127: sh: 1: exec: no-such-program"],
    ] as const) {
      const error = await failure(() => apply(commandPod("odd", script)));
      expect(error.message).toContain(`start container main of pod default/odd: ${reason}`);
    }
    expect(await apply(commandPod("odd", "sleep 1000"))).toMatchObject({
      started: ["default/odd"],
    });
    expect(phase("odd")).toBe("Running");
    const again = await failure(() => apply(commandPod("odd", "sleep 1001")));
    expect(again.message).toContain("it runs already with another spec");
  });

  it("may move to another network", async () => {
    await failure(() => apply(commandPod("mover", "exit 1")));
    const moved = commandPod("mover", "sleep 1000", true);
    expect(await apply(moved)).toMatchObject({ started: ["default/mover"] });
    const pod = scene.lab.pods().find(({ name }) => name === "mover");
    expect(pod).toMatchObject({ phase: "Running", addresses: ["192.0.2.1", "2001:db8::1"] });
  });

  it("keeps no other from starting", async () => {
    await failure(() => apply(commandPod("bad", "exit 1"), commandPod("good", "sleep 1000")));
    expect([phase("bad"), phase("good")]).toEqual(["Pending", "Running"]);
    await scene.lab.delete([scene.manifest(commandPod("bad", "exit 1"))]);
  });
});

describe("a pod that is started", () => {
  it("has ended when its command has, with 0", async () => {
    expect(await apply(commandPod("done", "true"))).toMatchObject({ created: ["default/done"] });
    expect(phase("done")).toBe("Exited");
  });

  it("may have a name as long as names can be", async () => {
    const name = `p${"o".repeat(190)}d`;
    await apply(serverPod(name, "node-1"));
    expect(phase(name)).toBe("Running");
    const control = scene.lab.pods().find((pod) => pod.name === name)?.control ?? "";
    const own = scene.address(`default/${name}`, 4);
    expect(await dialOnce(control, own, "tcp")).toBe(own);
  });
});
