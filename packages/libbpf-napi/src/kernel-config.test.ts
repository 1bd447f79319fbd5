import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { kernelConfigElsewhere } from "./kernel-config.ts";

const besideModules = `usr/lib/modules/${release()}/config`;
const inBoot = `boot/config-${release()}`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hdt-config-"));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), "CONFIG_HZ=250\n");
}

it("is read from beside the modules", async () => {
  write(besideModules);
  expect(await kernelConfigElsewhere(root)).toBe("CONFIG_HZ=250\n");
});

it.each([inBoot, "proc/config.gz"])("is left to libbpf where there is /%s", async (path) => {
  write(besideModules);
  write(path);
  expect(await kernelConfigElsewhere(root)).toBeUndefined();
});

it("is undefined where there is none, or another kernel's", async () => {
  write("usr/lib/modules/6.1.0-other/config");
  expect(await kernelConfigElsewhere(root)).toBeUndefined();
});
