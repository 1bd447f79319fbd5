import { describe, expect, it } from "vitest";
import { compareVersions, parseIndex } from "./debian-index.ts";

function stanza(name: string, version: string, depends = ""): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    ...(depends === "" ? [] : [`Depends: ${depends}`]),
    `Filename: pool/${name}_${version}.deb`,
    `SHA256: ${"0".repeat(64)}`,
  ].join("\n");
}

describe("an index", () => {
  it("is read into packages", () => {
    const index = parseIndex(
      `${stanza("linux-image-7.3", "7.3.4-1", "dracut | initramfs-tools (>= 0.1), kmod:any, linux-base-7.3 (= 7.3.4-1)")}\n\n${stanza("kmod", "31-1")}\n`,
    );
    expect([...index.keys()]).toEqual(["linux-image-7.3", "kmod"]);
    expect(index.get("linux-image-7.3")).toEqual({
      name: "linux-image-7.3",
      version: "7.3.4-1",
      depends: ["dracut", "kmod", "linux-base-7.3"],
      path: "pool/linux-image-7.3_7.3.4-1.deb",
      sha256: "0".repeat(64),
    });
    expect(index.get("kmod")?.depends).toEqual([]);
  });

  it("has the newest of several versions", () => {
    const versions = ["6.1.170-3", "6.1.176-1", "6.1.99-1"];
    const index = parseIndex(versions.map((version) => stanza("linux", version)).join("\n\n"));
    expect(index.get("linux")?.version).toBe("6.1.176-1");
  });

  it("leaves out what is no package", () => {
    expect(parseIndex("").size).toBe(0);
    expect(parseIndex("Package: half\nVersion: 1\n").size).toBe(0);
  });
});

describe("versions", () => {
  it.each([
    ["6.1.176-1", "6.12.1-1"],
    ["6.9.9-1", "6.12.1-1"],
    ["7.2.13-1", "7.3.4-1~bpo13+1"],
    ["6.12.117-1", "6.12.117-2"],
  ])("%s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(older, older)).toBe(0);
  });
});
