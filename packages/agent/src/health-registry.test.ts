import type { Health } from "@heddle/contracts";
import { createState } from "@heddle/tables";
import { describe, expect, it } from "vitest";
import { createHealthRegistry } from "./health-registry.ts";

const health = (level: Health["level"]): Health => ({ level, message: "" });

describe("a health registry", () => {
  it("has started when no part is starting any more, also where one has failed", async () => {
    const registry = createHealthRegistry();
    const [routes, pods] = [createState(health("starting")), createState(health("starting"))];
    registry.add("routes", routes.state$);
    registry.add("pods", pods.state$);
    let started = false;
    const waiting = registry.whenStarted().then(() => (started = true));
    routes.set(health("ok"));
    await new Promise(setImmediate);
    expect([started, registry.worst()]).toEqual([false, "starting"]);
    pods.set(health("degraded"));
    await waiting;
    expect(registry.worst()).toBe("degraded");
  });

  it("has started when it has no parts", async () => {
    await createHealthRegistry().whenStarted();
    expect(createHealthRegistry().worst()).toBe("ok");
  });
});
