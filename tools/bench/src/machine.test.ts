import { hostname, userInfo } from "node:os";
import { expect, it } from "vitest";
import { describeMachine, isSameMachine, parseMachine } from "./machine.ts";

const machine = describeMachine(new Date("2026-01-02T03:04:05Z"));

it("is described without whose it is", () => {
  const text = JSON.stringify(machine);
  expect(machine.processors).toBeGreaterThan(0);
  expect(machine.date).toBe("2026-01-02T03:04:05.000Z");
  expect(text).not.toContain(`"${hostname()}"`);
  expect(text).not.toContain(userInfo().homedir);
});

it("is read as it was written", () => {
  expect(parseMachine(JSON.stringify(machine))).toEqual(machine);
});

it("is the same at another commit and date, and another with another kernel", () => {
  expect(isSameMachine(machine, { ...machine, commit: "other", date: "other" })).toBe(true);
  expect(isSameMachine(machine, { ...machine, kernel: "5.0.0 x64" })).toBe(false);
  const mitigations = { ...machine.mitigations, another: "Vulnerable" };
  expect(isSameMachine(machine, { ...machine, mitigations })).toBe(false);
});

it("is refused when something is missing", () => {
  const text = JSON.stringify({ ...machine, kernel: undefined });
  expect(() => parseMachine(text)).toThrow("has no kernel");
});
