import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkGlibcFloor, glibcVersions } from "./glibc-floor.ts";

function file(...versions: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-floor-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "addon.node");
  writeFileSync(
    path,
    `\x7fELF\0memcpy\0${versions.map((version) => `GLIBC_${version}\0`).join("")}`,
  );
  return path;
}

describe("the versions of glibc", () => {
  it("that a file asks for are found, each once", () => {
    const content = "a\0GLIBC_2.2.5\0b\0GLIBC_2.28\0GLIBC_2.28\0GLIBC_PRIVATE\0";
    expect(glibcVersions(Buffer.from(content))).toEqual(["2.2.5", "2.28"]);
  });

  it.each([[["2.2.5", "2.28"]], [["2.17"]], [[]]])("%j are old enough", (versions) => {
    expect(() => checkGlibcFloor(file(...versions))).not.toThrow();
  });

  it.each([["2.29"], ["2.34"], ["3.0"]])("%s is too new, and says what to do", (version) => {
    expect(() => checkGlibcFloor(file("2.2.5", version))).toThrow(
      `asks for glibc ${version}, newer than 2.28: objdump -T shows which functions`,
    );
  });
});
