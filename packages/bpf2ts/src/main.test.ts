import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { compileFixture } from "./testing/compile-fixture.ts";

const fixture = compileFixture({ every: 'enum kind { KIND_A }; EXPORT(enum kind, "datapath");' });
const config = join(fixture.folder, "bpf2ts.config.ts");
const text = JSON.stringify({
  ...fixture.config(),
  objects: [{ file: "every.bpf.o", owner: "datapath" }],
  sources: ["."],
  outputs: { datapath: "out/datapath.ts" },
});
writeFileSync(config, `export default ${text};\n`);

afterAll(() => fixture[Symbol.dispose]());

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

function run(...args: readonly string[]): Run {
  return runAs({}, ...args);
}

function runAs(
  user: { readonly uid?: number; readonly gid?: number },
  ...args: readonly string[]
): Run {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=heddle-source", main, ...args],
    { cwd: fixture.folder, encoding: "utf8", ...user },
  );
  return { status, out: stdout, error: stderr };
}

function writeConfig(name: string, content: string): string {
  const path = join(fixture.folder, name);
  writeFileSync(path, content);
  return path;
}

describe("the command", () => {
  it("finds stale files, writes them, and finds nothing then", () => {
    const before = run("--check", "--config", config);
    expect(before.status).toBe(1);
    expect(before.error).toContain("out/datapath.ts: missing (run `npm run bpf2ts`");
    expect(run("--config", config)).toEqual({
      status: 0,
      out: "wrote out/datapath.ts\n",
      error: "",
    });
    expect(run("--check", "--config", config)).toEqual({ status: 0, out: "", error: "" });
    expect(run("--config", config).out).toBe("");
    const content = readFileSync(join(fixture.folder, "out/datapath.ts"), "utf8");
    expect(content.split("\n")[0]).toBe(
      "// Generated from the types of the BPF objects by `npm run bpf2ts`; do not edit.",
    );
  });

  it("needs no privileges", () => {
    // Whoever is not root has none to give up.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const output = join(fixture.folder, "nobody");
    mkdirSync(output);
    for (const folder of [fixture.folder, output]) chmodSync(folder, 0o777);
    const outputs = '{ datapath: "nobody/datapath.ts" }';
    const own = writeConfig("own.config.ts", `export default { ...${text}, outputs: ${outputs} };`);
    expect(runAs(nobody, "--config", own)).toEqual({
      status: 0,
      out: "wrote nobody/datapath.ts\n",
      error: "",
    });
  });

  it("does the same for objects without a configuration", () => {
    const args = ["every.bpf.o", "--out", "every.ts", "--type", "kind"];
    const stale = run(...args, "--check");
    expect(stale.status).toBe(1);
    expect(stale.error).toContain(
      "every.ts: missing (run `bpf2ts every.bpf.o --out every.ts --type kind` and commit",
    );
    expect(run(...args)).toEqual({ status: 0, out: "wrote every.ts\n", error: "" });
    expect(run(...args, "--check")).toEqual({ status: 0, out: "", error: "" });
  });

  it("explains itself", () => {
    const help = run("--help");
    expect(help).toMatchObject({ status: 0, error: "" });
    expect(help.out).toMatch(/^Usage: bpf2ts OBJECT/);
    expect(run("--version")).toEqual({ status: 0, out: "0.0.0\n", error: "" });
    const wrong = run("every.bpf.o");
    expect(wrong).toMatchObject({ status: 2, out: "" });
    expect(wrong.error).toBe(
      "bpf2ts: where to? add --out every.ts\n`bpf2ts --help` shows how it is called.\n",
    );
  });

  it.each([
    ["absent.ts", undefined, "read configuration"],
    [
      "wrong.config.ts",
      "export default { objects: [{}] };",
      "is no configuration (use defineConfig)",
    ],
    ["none.config.ts", "export const other = 1;", "is no configuration"],
    [
      "no-object.config.ts",
      `export default { ...${text}, objects: [{ file: "no.bpf.o", owner: "datapath" }] };`,
      "no.bpf.o' (compile it first)",
    ],
    [
      "not-elf.config.ts",
      `export default { ...${text}, objects: [{ file: "every.bpf.c", owner: "datapath" }] };`,
      "read ELF file every.bpf.c: it begins with",
    ],
    [
      "no-folder.config.ts",
      `export default { ...${text}, sources: ["nowhere"] };`,
      "nowhere: there is nothing",
    ],
  ])("refuses %s", (name, content, message) => {
    const path = content === undefined ? name : writeConfig(name, content);
    const result = run("--config", path);
    expect(result.status).toBe(1);
    expect(result.error).toContain(message);
  });
});
