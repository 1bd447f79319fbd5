import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the README shows the example that is compiled", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = readFileSync(new URL("../examples/follow-folder.ts", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
});
