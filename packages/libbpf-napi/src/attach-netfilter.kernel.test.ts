import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachNetfilter } from "./attach-netfilter.ts";
import { requireFeature, requireLack } from "./testing/feature.ts";
import { compileToLoad, runsOf } from "./testing/fixture.ts";
import { createTestNamespace, type TestNamespace } from "./testing/namespace.ts";

const fixture = compileToLoad("filter");

let namespace: TestNamespace;

beforeEach(() => {
  namespace = createTestNamespace();
});

afterEach(() => namespace[Symbol.dispose]());

function sendDatagram(): void {
  namespace.run("bash", "-c", "echo 2> /dev/null > /dev/udp/127.0.0.1/9 || true");
}

describe("a netfilter link", () => {
  it("runs its program on packets, by priority, until it is closed", async (context) => {
    await requireFeature(context, "netfilter-link");
    await using object = await fixture.load("accept_all", "drop_all");
    const place = { family: "ipv4", hook: "output", netns: namespace.path } as const;
    const link = await attachNetfilter(object.program("accept_all"), { ...place, priority: 5 });
    expect(link.info()).toEqual({
      type: "netfilter",
      id: expect.any(Number),
      programId: object.program("accept_all").info().id,
      family: "ipv4",
      hook: "output",
      priority: 5,
    });
    sendDatagram();
    const accepted = runsOf(object, 0);
    expect(accepted).toBeGreaterThan(0n);
    await using _drop = await attachNetfilter(object.program("drop_all"), place);
    sendDatagram();
    expect(runsOf(object, 0)).toBe(accepted);
    expect(runsOf(object, 1)).toBeGreaterThan(0n);
    await link.close();
  });

  it("is refused for a priority that is taken or reserved", async (context) => {
    await requireFeature(context, "netfilter-link");
    await using object = await fixture.load("accept_all");
    const program = object.program("accept_all");
    const place = { family: "ipv6", hook: "input", netns: namespace.path } as const;
    await using _link = await attachNetfilter(program, place);
    await expect(attachNetfilter(program, place)).rejects.toMatchObject({
      code: "already-attached",
      subject: "netfilter ipv6 input 0",
    });
    const priority = -(2 ** 31);
    await expect(attachNetfilter(program, { ...place, priority })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("is refused for a program of another type", async (context) => {
    await requireFeature(context, "netfilter-link");
    await using object = await compileToLoad("sockets").load("msg_verdict");
    const options = { family: "ipv4", hook: "input", netns: namespace.path } as const;
    await expect(attachNetfilter(object.program("msg_verdict"), options)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("needs a kernel that has it", async (context) => {
    await requireLack(context, "netfilter-link");
    await using object = await compileToLoad("sockets").load("msg_verdict");
    const options = { family: "ipv4", hook: "input", netns: namespace.path } as const;
    await expect(attachNetfilter(object.program("msg_verdict"), options)).rejects.toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "6.4",
    });
  });
});
