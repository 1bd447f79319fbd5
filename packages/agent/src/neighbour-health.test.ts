import type { Health } from "@heddle/contracts";
import { createState } from "@heddle/tables";
import { expect, it } from "vitest";
import { neighbourHealth } from "./neighbour-health.ts";

const ok: Health = { level: "ok", message: "all addresses answered for are in place" };
const failed: Health = { level: "degraded", message: "1 of 2 addresses answered for failed" };

it.each<[Health, readonly string[], readonly string[], Health]>([
  [ok, [], ["eth0"], ok],
  [ok, ["eth0"], ["eth0", "eth1"], ok],
  [ok, ["all"], [], ok],
  [failed, ["eth9"], ["eth0"], failed],
  [
    ok,
    ["eth0", "eth8", "eth9"],
    ["eth0"],
    {
      level: "degraded",
      message: "no device that leads to the network is called eth8 or eth9 (proxyDevices)",
    },
  ],
])("%j with %j chosen of %j is %j", (health, chosen, present, expected) => {
  const state = createState(health);
  expect(neighbourHealth(state.state$, chosen, () => present).value).toEqual(expected);
});

it("a device that comes makes the health good again", () => {
  const present: string[] = [];
  const health$ = neighbourHealth(createState(ok).state$, ["eth0"], () => present);
  expect(health$.value.level).toBe("degraded");
  present.push("eth0");
  expect(health$.value).toEqual(ok);
});
