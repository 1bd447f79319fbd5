import { afterEach, describe, expect, it } from "vitest";
import { type FakeAgent, type FakeAnswers, startFakeAgent } from "./testing/fake-agent.ts";
import { type Ran, runHere, type RunOptions } from "./testing/test-terminal.ts";

let agent: FakeAgent | undefined;

afterEach(async () => agent?.[Symbol.asyncDispose]());

const drop = {
  time: "2026-01-02T03:04:05.678Z",
  node: "n1",
  outcome: "dropped",
  reason: "martian",
  hook: "fromNet",
  device: "eth0",
  source: { address: "10.0.0.1", port: 5, name: "default/web" },
  destination: { address: "10.0.0.2", port: 6 },
  summary: "10.0.0.1:5 > 10.0.0.2:6 UDP",
  length: 60,
};

/** Answers with each count of losses once, the last one from then on. */
function answers(lines: readonly unknown[], ...losses: readonly object[]): FakeAnswers {
  const left = [...losses];
  const lost = {
    get value() {
      return (left.length > 1 ? left.shift() : left[0]) ?? { drops: 0, flows: 0 };
    },
  };
  return { "/v1/events": { lines }, "/v1/events/lost": lost };
}

async function observe(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return runHere(["observe", "--socket", agent?.socket ?? "", ...args], options);
}

describe("heddle observe", () => {
  it("shows a line per packet until there were enough", async () => {
    agent = await startFakeAgent(answers([drop, { ...drop, reason: "multicast" }, drop]));
    const { code, stdout, stderr } = await observe(["--limit", "2"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:05\.678 dropped   martian          default\/web:5 -> 10\.0\.0\.2:6 UDP at eth0 fromNet$/,
      ),
      expect.stringMatching(/ dropped   multicast  /),
    ]);
  });

  it("shows lines of JSON", async () => {
    agent = await startFakeAgent(answers([drop]));
    const { stdout } = await observe(["--limit", "1", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual(drop);
    expect(stdout.match(/\n/g)).toHaveLength(1);
  });

  it.each<[string[], string]>([
    [[], "kinds=drops%2Cflows"],
    [["--drops"], "kinds=drops"],
    [["--flows"], "kinds=flows"],
    [["--drops", "--flows"], "kinds=drops%2Cflows"],
    [["--pod", "shop/cart"], "kinds=drops%2Cflows&name=shop%2Fcart"],
    [["--pod", "cart", "--last", "20"], "kinds=drops%2Cflows&name=default%2Fcart&last=20"],
  ])("with %j asks for %s", async (args, query) => {
    agent = await startFakeAgent(answers([drop]));
    await observe([...args, "--limit", "1"]);
    expect(agent.asked).toContain(`/v1/events?${query}`);
  });

  it("ends at Ctrl-C, and tells what was lost meanwhile", async () => {
    const losses = [
      { drops: 5, flows: 7 },
      { drops: 8, flows: 7 },
    ];
    agent = await startFakeAgent(answers([drop], ...losses));
    const ended = new AbortController();
    const { code, stderr } = await observe([], {
      ended: ended.signal,
      onOut: () => ended.abort(),
    });
    expect(code).toBe(0);
    expect(stderr).toBe("heddle: events were lost meanwhile, since there were too many: 3 drops\n");
  });

  it("ends with an error when the agent goes away", async () => {
    agent = await startFakeAgent(answers([drop]));
    const { code, stdout, stderr } = await observe([], { onOut: () => agent?.hangUp() });
    expect(code).toBe(1);
    expect(stdout).toContain("martian");
    expect(stderr).toBe(
      `heddle: listen to agent at ${agent.socket}: it went away, or dropped a listener that is too slow (heddle status tells whether it runs)\n`,
    );
  });

  it("with a limit of 0 shows nothing", async () => {
    agent = await startFakeAgent(answers([drop]));
    expect(await observe(["--limit", "0"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
