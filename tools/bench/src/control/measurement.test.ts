import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("that is told to end takes away what it made, and what it was about to make", async () => {
  const program = fileURLToPath(new URL("testing/told.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=heddle-source", program, "hang", "pods-1"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line === "making the second") child.kill("SIGTERM");
  }
  expect(lines).toEqual(["making the second", "disposed of the first", "disposed of the second"]);
  expect(await ended).toEqual([143, null]);
});
