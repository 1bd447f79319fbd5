import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { compileFixture } from "./compile-fixture.ts";

const fixture = compileFixture({ every: 'enum kind { KIND_A }; EXPORT(enum kind, "datapath");' });
const config = join(fixture.folder, "bpfgen.config.ts");
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
    const before = run("--check", config);
    expect(before.status).toBe(1);
    expect(before.error).toContain("out/datapath.ts: missing (run `npm run bpfgen`");
    expect(run(config)).toEqual({ status: 0, out: "wrote out/datapath.ts\n", error: "" });
    expect(run("--check", config)).toEqual({ status: 0, out: "", error: "" });
    expect(run(config).out).toBe("");
    const content = readFileSync(join(fixture.folder, "out/datapath.ts"), "utf8");
    expect(content.split("\n")[0]).toBe(
      "// Generated from the types of the BPF objects by `npm run bpfgen`; do not edit.",
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
    expect(runAs(nobody, own)).toEqual({ status: 0, out: "wrote nobody/datapath.ts\n", error: "" });
  });

  it("explains itself", () => {
    expect(run("--help")).toMatchObject({ status: 0, error: "" });
    expect(run()).toMatchObject({ status: 2, out: "" });
    expect(run("--chekc", config).status).toBe(2);
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
      "no.bpf.o' (compile the objects first)",
    ],
    [
      "not-elf.config.ts",
      `export default { ...${text}, objects: [{ file: "every.bpf.c", owner: "datapath" }] };`,
      "read ELF file every.bpf.c: it begins with",
    ],
    [
      "no-folder.config.ts",
      `export default { ...${text}, sources: ["nowhere"] };`,
      "this folder of C sources does not exist",
    ],
  ])("refuses %s", (name, content, message) => {
    const path = content === undefined ? name : writeConfig(name, content);
    const result = run(path);
    expect(result.status).toBe(1);
    expect(result.error).toContain(message);
  });
});
