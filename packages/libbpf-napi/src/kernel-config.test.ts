import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ElfFile, parseElf } from "./btf/index.ts";
import { type KernelOptions, kernelOptions } from "./kernel-options.ts";
import { compileFixture } from "./testing/compile-fixture.ts";

const besideModules = `usr/lib/modules/${release()}/config`;
const inBoot = `boot/config-${release()}`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hdt-config-"));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = "CONFIG_HZ=250\n# CONFIG_BPF_SYSCALL is not set\n"): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** An object with the strong option CONFIG_HZ and the weak one CONFIG_BPF_SYSCALL. */
function objectOf(...flags: readonly string[]): ElfFile {
  return parseElf(compileFixture("variables", ...flags), "variables");
}

async function optionsHere(elf: ElfFile, given?: string): Promise<KernelOptions> {
  return await kernelOptions(elf, given, root);
}

describe("the kernel's configuration", () => {
  it("is read from beside the modules, after what is given", async () => {
    write(besideModules, "CONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y");
    expect(await optionsHere(objectOf(), "CONFIG_HZ=100")).toEqual({
      text: "CONFIG_HZ=100\nCONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y",
      missing: [],
    });
  });

  it.each([inBoot, "proc/config.gz"])("is left to libbpf where there is /%s", async (path) => {
    write(besideModules);
    write(path);
    const elf = objectOf("-DMISSING_OPTION");
    expect(await optionsHere(elf)).toEqual({ text: undefined, missing: [] });
    expect(await optionsHere(elf, "CONFIG_A=y")).toEqual({ text: "CONFIG_A=y", missing: [] });
  });

  it("is not another kernel's, and needs not be there", async () => {
    write("usr/lib/modules/6.1.0-other/config");
    const counter = parseElf(compileFixture("counter"), "counter");
    expect(await optionsHere(counter)).toEqual({ text: undefined, missing: [] });
  });
});

describe("options that the kernel does not know", () => {
  it("are zeros of their types where they are weak", async () => {
    write(besideModules, "CONFIG_HZ=250");
    const { text = "", missing } = await optionsHere(objectOf("-DWEAK_OPTIONS"));
    expect(missing).toEqual([]);
    expect(text.split("\n").toSorted()).toEqual([
      "CONFIG_BPF_SYSCALL=n",
      "CONFIG_HEDDLE_BOOL=n",
      "CONFIG_HEDDLE_CHAR=0",
      "CONFIG_HEDDLE_LARGE=0",
      "CONFIG_HEDDLE_NUMBER=0",
      'CONFIG_HEDDLE_TEXT=""',
      "CONFIG_HEDDLE_TRISTATE=n",
      "CONFIG_HZ=250",
    ]);
  });

  it("are missing where they are strong", async () => {
    write(besideModules);
    expect((await optionsHere(objectOf("-DMISSING_OPTION"))).missing).toEqual([
      "CONFIG_HEDDLE_ABSENT",
    ]);
  });

  it("are all missing where there is no configuration at all", async () => {
    const { text, missing } = await optionsHere(objectOf("-DMISSING_OPTION"));
    expect(text).toBe("CONFIG_BPF_SYSCALL=n");
    expect(missing.toSorted()).toEqual(["CONFIG_HEDDLE_ABSENT", "CONFIG_HZ"]);
  });
});
