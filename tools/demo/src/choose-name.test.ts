import { expect, it } from "vitest";
import { chooseName } from "./choose-name.ts";

it("a lab that is kept is called as the tutorial says, and others otherwise", () => {
  expect(chooseName(true, [])).toBe("demo");
  expect(chooseName(true, ["default", "demo"])).toBe("demo-2");
  expect(chooseName(true, ["demo-2", "demo", "demo-3"])).toBe("demo-4");
  const names = [chooseName(false, []), chooseName(false, []), "demo"];
  expect(new Set(names).size).toBe(3);
});
