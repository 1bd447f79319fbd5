import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildAddon } from "./build-addon.ts";
import { hostTarget } from "./target.ts";

const answer = `
#include <node_api.h>
#include "answer.h"
NAPI_MODULE_INIT()
{
	napi_value value;

	(void)exports;
	return napi_create_int32(env, ANSWER, &value) == napi_ok ? value : NULL;
}
`;

let packageDir: string;

beforeEach(() => {
  packageDir = mkdtempSync(join(tmpdir(), "hdt-addon-"));
  writeFileSync(join(packageDir, "answer.c"), answer);
  writeFileSync(join(packageDir, "answer.h"), "#define ANSWER 42\n");
});

afterEach(() => rmSync(packageDir, { recursive: true }));

function build(): string {
  return buildAddon({
    packageDir,
    name: "answer",
    sources: ["answer.c"],
    inputs: ["answer.h"],
    cacheDir: join(packageDir, "cache"),
  });
}

describe("buildAddon", () => {
  it("makes an addon that Node loads", () => {
    const path = build();
    expect(path).toBe(join(packageDir, "prebuilds", hostTarget().name, "answer.node"));
    expect(createRequire(import.meta.url)(path)).toBe(42);
  });

  it("does nothing when nothing changed, and compiles again when a header did", () => {
    const first = statSync(build()).ino;
    expect(statSync(build()).ino).toBe(first);
    writeFileSync(join(packageDir, "answer.h"), "#define ANSWER 43\n");
    expect(statSync(build()).ino).not.toBe(first);
  });

  it("names what did not compile, and leaves no addon", () => {
    writeFileSync(join(packageDir, "answer.h"), "\n");
    expect(build).toThrow(/compile answer.node: the compiler failed/);
    expect(existsSync(join(packageDir, "cache"))).toBe(false);
    expect(readdirSync(join(packageDir, "prebuilds", hostTarget().name))).toEqual([]);
  });
});
