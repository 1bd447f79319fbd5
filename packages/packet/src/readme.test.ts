import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("the README shows the example that is compiled", () => {
  expect(read("../README.md")).toContain(`\`\`\`ts\n${read("../examples/forward.ts")}\`\`\`\n`);
});
