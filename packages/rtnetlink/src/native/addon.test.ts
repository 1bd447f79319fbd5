import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostTarget } from "@heddle-tools/addon";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadAddon, prebuildName } from "./addon.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rtnetlink-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("the addon's loader", () => {
  it("looks where the build puts it", () => {
    expect(prebuildName()).toBe(hostTarget().name);
  });

  it("names what it looked for, and how to build it", () => {
    const path = join(temporaryFolder(), "rtnetlink.node");
    expect(() => loadAddon(path)).toThrow(
      expect.objectContaining({
        code: "addon-missing",
        subject: path,
        reason: "there is no such file",
        hint: expect.stringContaining("npm run native -w @heddle/rtnetlink"),
      }),
    );
  });

  it("says why a file is none", () => {
    const path = join(temporaryFolder(), "rtnetlink.node");
    writeFileSync(path, "not ELF");
    expect(() => loadAddon(path)).toThrow(
      expect.objectContaining({
        code: "addon-missing",
        reason: expect.stringMatching(/too short|invalid ELF header/),
      }),
    );
  });

  it("refuses one that lacks functions", () => {
    const path = join(temporaryFolder(), "older.cjs");
    writeFileSync(path, "exports.openSocket = () => undefined;");
    expect(() => loadAddon(path)).toThrow("it lacks functions");
  });
});
