import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../", import.meta.url);

it.each(readdirSync(new URL("examples", root)))(
  "the README shows examples/%s, which is compiled, as it is",
  (name) => {
    const readme = readFileSync(new URL("README.md", root), "utf8");
    const example = readFileSync(new URL(`examples/${name}`, root), "utf8");
    expect(readme).toContain(`\`\`\`ts\n// examples/${name}\n${example}\`\`\`\n`);
  },
);
