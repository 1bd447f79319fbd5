import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { debianMirrors } from "./debian-mirrors.ts";

const folders: string[] = [];

function aptDir(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-apt-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const fallback = "http://deb.debian.org/debian";

describe("debianMirrors", () => {
  it("falls back to Debian's own address without any configuration", () => {
    expect(debianMirrors("/nonexistent")).toEqual([fallback]);
  });

  it("reads the one-line style", () => {
    const list = [
      "# deb http://commented.example/debian bookworm main",
      "deb-src http://source.example/debian bookworm main",
      "deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian/ bookworm main contrib # near",
      "deb http://security.example/debian bookworm-security main",
    ].join("\n");
    expect(debianMirrors(aptDir({ "sources.list": list }))).toEqual([
      "http://mirror.example/debian",
      fallback,
    ]);
  });

  it("reads the stanza style with continuation lines and comments", () => {
    const sources = [
      "Types: deb deb-src",
      "# a comment inside",
      "URIs:",
      " http://one.example/debian",
      " https://two.example/debian",
      "Suites: trixie trixie-updates",
      "Components: main",
      "",
      "Types: deb",
      "URIs: http://off.example/debian",
      "Suites: trixie",
      "Components: main",
      "Enabled: no",
    ].join("\n");
    expect(debianMirrors(aptDir({ "sources.list.d/debian.sources": sources }))).toEqual([
      "http://one.example/debian",
      "https://two.example/debian",
      fallback,
    ]);
  });

  it("passes over archives that are not Debian's and methods that are not HTTP", () => {
    const folder = aptDir({
      "sources.list.d/a.list": "deb https://vendor.example/apt vendor-bookworm main\n",
      "sources.list.d/b.sources":
        "Types: deb\nURIs: https://vendor.example\nSuites: nodistro\nComponents: main\n",
      "sources.list.d/c.list": "deb cdrom:[Debian] bookworm main\n",
      "sources.list.d/d.list": "deb http://mirror.example/debian bookworm contrib\n",
    });
    expect(debianMirrors(folder)).toEqual([fallback]);
  });

  it("names an archive once", () => {
    expect(debianMirrors(aptDir({ "sources.list": `deb ${fallback}/ sid main\n` }))).toEqual([
      fallback,
    ]);
  });
});
