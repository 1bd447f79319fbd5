import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNetns, deleteNetns, listNetns } from "@heddle/rtnetlink";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { labDown, labNames, labUp, openLab } from "./index.ts";
import { dialAll } from "./testing/dial-all.ts";
import {
  agentPid,
  commandPod,
  createLabScene,
  failure,
  heddle,
  type LabScene,
  run,
  serverPod,
} from "./testing/lab-scene.ts";
import { tracesOf } from "./testing/traces.ts";

let stack: AsyncDisposableStack;
beforeEach(() => (stack = new AsyncDisposableStack()));
afterEach(async () => stack.disposeAsync());

const scene = async (pods: string): Promise<LabScene> => stack.use(await createLabScene({ pods }));

describe("labs", () => {
  it("are up with addresses that are in use, so that the first packet over IPv6 arrives", async () => {
    const { lab } = await scene(serverPod("a1", "node-1"));
    const addresses = ["ip", "-6", "-o", "address", "show", "dev", "eth0"];
    for (const command of [lab.onNode("node-1", addresses), lab.outside(addresses)]) {
      const { stdout } = await run(command);
      expect(stdout).toMatch(/ fe80:/);
      expect(stdout).not.toContain("tentative");
    }
  });

  it("stand side by side, and leave nothing", async () => {
    const stubborn = commandPod("stubborn", "trap '' TERM; sleep 300 & wait");
    const first = await scene(serverPod("a1", "node-1") + stubborn);
    const second = await scene(serverPod("a1", "node-1") + serverPod("b1", "node-2"));
    expect(tracesOf(first.name).length).toBeGreaterThan(5);
    expect(labNames()).toEqual(expect.arrayContaining([first.name, second.name]));
    for (const { lab } of [first, second]) {
      const results = await dialAll(lab.probes(), 4, "tcp");
      expect(results.filter(({ client }) => client.includes(" "))).toEqual([]);
    }
    const pid = await agentPid(second.lab, "node-1");
    await labDown(first.name);
    expect(labNames()).not.toContain(first.name);
    expect(listNetns().filter(({ name }) => name.includes(first.name))).toEqual([]);
    expect(tracesOf(first.name)).toEqual([]);
    expect(await agentPid(second.lab, "node-1")).toBe(pid);
    // What is disposed of at the end is brought up once more.
    await labUp({ name: first.name, nodes: 1, families: [4], manifests: [], heddle });
    expect(openLab(first.name, heddle).nodes).toEqual(["node-1"]);
  });

  it.each([
    ["malformed YAML", "a: [", "bad-manifest", /\d+\.yaml:1:\d+: /],
    [
      "an unknown field",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers:\n    - {name: a, imagee: b}\n",
      "bad-manifest",
      /\.yaml:6:17: spec\.containers\[0\]\.imagee: unknown field \(did you mean `image`\?\)/,
    ],
    [
      "a pod on an unknown node",
      serverPod("x", "node-9"),
      "bad-manifest",
      /\.yaml:2:1: Pod default\/x: there is no node "node-9" \(the lab has node-1, node-2\)/,
    ],
    ["a pod twice", serverPod("x", "node-1").repeat(2), "bad-manifest", /default\/x/],
    [
      "a kind without use",
      "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}]}\n",
      "bad-manifest",
      /kind Service/,
    ],
  ])("are not brought up from %s", async (_name, text, code, message) => {
    const error = await failure(() =>
      createLabScene({ pods: text }).then((made) => stack.use(made)),
    );
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it("are not brought up from what is no text, or is not there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-lab-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const binary = join(folder, "binary.yaml");
    writeFileSync(binary, Uint8Array.of(0xff, 0xfe, 0x00));
    for (const [file, reason] of [
      [binary, "it is not UTF-8 text"],
      [join(folder, "missing.yaml"), "ENOENT"],
    ] as const) {
      const options = {
        name: "never",
        nodes: 1,
        families: [4],
        manifests: [file],
        heddle,
      } as const;
      const error = await failure(() => labUp(options));
      expect(error.code).toBe("bad-manifest");
      expect(error.message).toContain(`${file}: ${reason}`);
    }
    expect(labNames()).not.toContain("never");
  });

  it("are not brought up over a leftover namespace, which `down` removes", async () => {
    const name = `t${Date.now().toString(36)}`;
    const path = `/run/netns/heddle-${name}.node-1`;
    (await createNetns(path))[Symbol.dispose]();
    stack.defer(async () => void (await deleteNetns(path)));
    const error = await failure(() =>
      labUp({ name, nodes: 1, families: [4], manifests: [], heddle }),
    );
    expect(error.code).toBe("leftover");
    expect(error.message).toContain(path);
    expect(error.hint).toContain(`heddle lab down --name ${name}`);
    await labDown(name);
    expect(existsSync(path)).toBe(false);
    expect((await failure(() => labDown(name))).code).toBe("no-such-lab");
  });

  it("are root's to change, and to ask", async () => {
    const { name, lab, manifest } = await scene("");
    const file = manifest(serverPod("a1", "node-1"));
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    stack.defer(() => void vi.restoreAllMocks());
    for (const action of [
      () => labUp({ name: "usr", nodes: 1, families: [4], manifests: [], heddle }),
      () => labDown(name),
      () => lab.apply([file]),
      () => lab.delete([file]),
      () => lab.restartAgent("node-1"),
      () => lab.status(),
    ]) {
      const error = await failure(action);
      expect([error.code, error.hint]).toEqual(["not-root", "run it with sudo"]);
    }
    expect(lab.pods()).toEqual([]);
  });

  it("are not brought up twice", async () => {
    const { name } = await scene(serverPod("a1", "node-1"));
    const again = { name, nodes: 1, families: [4], manifests: [], heddle } as const;
    expect((await failure(() => labUp(again))).code).toBe("exists");
  });
});
