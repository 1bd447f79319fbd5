import { afterEach, describe, expect, it } from "vitest";
import { type FakeAgent, startFakeAgent } from "./testing/fake-agent.ts";
import { type Ran, runHere } from "./testing/test-terminal.ts";

let agent: FakeAgent | undefined;

afterEach(async () => agent?.[Symbol.asyncDispose]());

async function ask(...args: readonly string[]): Promise<Ran> {
  return runHere([...args, "--socket", agent?.socket ?? ""]);
}

const status = {
  node: "n1",
  version: "0.0.0",
  pid: 7,
  ready: true,
  health: "ok",
  parts: { kernel: { level: "ok", message: "in step" } },
};

const web = {
  phase: "ready",
  netns: "/run/netns/web",
  addresses: ["10.244.1.1", "fd00::1"],
  mac: "02:00:00:00:00:01",
  device: "hd1",
  ifindex: 4,
};

describe("heddle status", () => {
  it("shows facts and parts", async () => {
    agent = await startFakeAgent({
      "/v1/status": { value: status },
      "/v1/tables/endpoints": { value: [{ key: "default/web", value: web }] },
      "/v1/events/lost": { value: { drops: 2, flows: 0 } },
    });
    const { code, stdout } = await ask("status");
    expect(code).toBe(0);
    expect(stdout).toBe(`Node:         n1
Version:      0.0.0
Process:      7
Ready:        yes
Endpoints:    1 ready, 0 pending, 0 failed
Lost events:  2 drops, 0 flows

PART     LEVEL   MESSAGE
kernel   ok      in step
`);
    expect(JSON.parse((await ask("status", "-o", "json")).stdout)).toEqual({
      ...status,
      endpoints: { ready: 1, pending: 0, failed: 0 },
      lostEvents: { drops: 2, flows: 0 },
    });
  });

  it.each([
    ["degraded", true, 1],
    ["failed", true, 1],
    ["starting", true, 0],
    ["ok", false, 1],
  ])("of an agent that is %s (ready: %s) ends with %i", async (health, ready, expected) => {
    agent = await startFakeAgent({
      "/v1/status": { value: { ...status, health, ready } },
      "/v1/tables/endpoints": { value: [] },
      "/v1/events/lost": { value: {} },
    });
    const { code, stdout } = await ask("status");
    expect(code).toBe(expected);
    expect(stdout).toContain(`Ready:        ${ready ? "yes" : "no"}`);
    expect(agent.asked.includes("/v1/events/lost")).toBe(ready);
  });
});

describe("heddle endpoints", () => {
  it("lists pods by name, with what is wrong", async () => {
    const failed = { ...web, phase: "failed", addresses: [], error: "no such\nnamespace" };
    agent = await startFakeAgent({
      "/v1/tables/endpoints": {
        value: [
          { key: "default/web", value: web },
          { key: "default/api", value: failed },
        ],
      },
    });
    expect((await ask("endpoints")).stdout).toBe(
      `POD           PHASE    ADDRESSES            MAC                 DEVICE   ERROR
default/api   failed   -                    02:00:00:00:00:01   hd1      no such namespace
default/web   ready    10.244.1.1,fd00::1   02:00:00:00:00:01   hd1      -
`,
    );
    const [first] = JSON.parse((await ask("endpoints", "-o", "json")).stdout);
    expect(first).toEqual({ pod: "default/web", ...web });
  });
});

describe("heddle table", () => {
  it("lists tables, shows rows and watches changes", async () => {
    const rows = [
      { key: 4, value: { name: "eth0", mtu: 1500, tags: ["a", "b"], more: { x: 1 } } },
      { key: 5, value: { name: "eth1", speed: null } },
    ];
    agent = await startFakeAgent({
      "/v1/tables": { value: [{ name: "node-devices", size: 2, synced: true }] },
      "/v1/tables/node-devices": { value: rows },
      "/v1/tables/plain": { value: [{ key: "a", value: "text" }] },
    });
    expect((await ask("table", "list")).stdout).toBe(
      "NAME           ROWS   SYNCED\nnode-devices   2      yes\n",
    );
    expect((await ask("table", "show", "node-devices")).stdout).toBe(
      `KEY   NAME   MTU    TAGS   MORE      SPEED
4     eth0   1500   a,b    {"x":1}   -
5     eth1   -      -      -         -
`,
    );
    expect((await ask("table", "show", "plain")).stdout).toBe("KEY   VALUE\na     text\n");
    const json = await ask("table", "show", "node-devices", "--output", "json");
    expect(JSON.parse(json.stdout)).toEqual(rows);
    const unknown = await ask("table", "show", "nope");
    expect(unknown).toMatchObject({ code: 1, stdout: "" });
    expect(unknown.stderr).toBe("heddle: ask agent for /v1/tables/nope: there is nothing here\n");
  });

  it("is watched until the agent goes away", async () => {
    const lines = [
      { kind: "upsert", key: "n1", value: { a: 1 } },
      { kind: "synced" },
      { kind: "delete", key: "n1" },
    ];
    agent = await startFakeAgent({ "/v1/tables/nodes": { lines } });
    const args = ["table", "watch", "nodes", "--socket", agent.socket];
    const { code, stdout, stderr } = await runHere(args, {
      onOut: (text) => (text.startsWith("delete") ? agent?.hangUp() : undefined),
    });
    expect(code).toBe(1);
    expect(stdout).toBe('upsert n1 {"a":1}\nsynced\ndelete n1\n');
    expect(stderr).toContain("it went away");
  });

  it("is watched until Ctrl-C", async () => {
    agent = await startFakeAgent({ "/v1/tables/nodes": { lines: [{ kind: "synced" }] } });
    const ended = new AbortController();
    const args = ["table", "watch", "nodes", "-o", "json", "--socket", agent.socket];
    const watched = await runHere(args, { ended: ended.signal, onOut: () => ended.abort() });
    expect(watched).toEqual({ code: 0, stdout: '{"kind":"synced"}\n', stderr: "" });
  });
});
