import { requireFeature } from "@heddle/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenSuite } from "../suite.ts";
import { paths } from "./paths-suite.ts";

// Those of our own are tested by the command, and more services load for longer.
const names = paths.contestants.filter((name) => !/ours|000|iptables-1/.test(name));

let open: OpenSuite;

beforeEach((context) => requireFeature(context, "tcx"));

beforeAll(async () => {
  open = await paths.open(names, { seconds: 0.05 });
});

afterAll(async () => {
  await open[Symbol.asyncDispose]();
});

describe("every contestant leads to its server:", () => {
  it.each(names)("%s", async (name) => {
    expect(await open.run("crr", name)).toMatchObject({ "crr-rate": expect.any(Number) });
    expect((await open.run("udp", name))["udp-rate"]).toBeGreaterThan(0);
  });
});

it("one that was not set up fails", async () => {
  await expect(open.run("rr", "ours")).rejects.toThrow("the contestant was not set up");
});
