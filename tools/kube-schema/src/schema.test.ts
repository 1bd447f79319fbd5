import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createModelLoader,
  generateSchema,
  knownFacts,
  type Model,
  type ModelField,
  type ModelLoader,
  renderSchema,
  rootModels,
} from "./index.ts";

const noFacts = { enums: [], quantities: [] };

function field(name: string, type: string, rest: Partial<ModelField> = {}): ModelField {
  return { name, property: name, type, format: "", required: false, ...rest };
}

function loaderOf(...models: readonly Model[]): ModelLoader {
  return async (name) => {
    const model = models.find((candidate) => candidate.name === name);
    if (model === undefined) throw new Error(`no model ${name}`);
    return model;
  };
}

describe("the notation", () => {
  it.each([
    [field("a", "string"), "a:string"],
    [field("a", "string", { required: true }), "a!:string"],
    [field("from", "Array<string>", { property: "_from" }), "from>_from:[]string"],
    [field("a", "boolean"), "a:bool"],
    [field("a", "number", { format: "int32" }), "a:int32"],
    [field("a", "Array<number>", { format: "int64" }), "a:[]int64"],
    [field("a", "Date", { format: "date-time" }), "a:date"],
    [field("a", "IntOrString", { format: "int-or-string" }), "a:int-or-string"],
    [field("a", "any"), "a:any"],
    [field("a", "{ [key: string]: string; }"), "a:{}string"],
    [field("a", "{ [key: string]: V1Pod; }"), "a:{}V1Pod"],
    [field("a", "Array<DiscoveryV1EndpointPort>"), "a:[]DiscoveryV1EndpointPort"],
  ])("of %o is %s", async (given, expected) => {
    const empty = ["V1Pod", "DiscoveryV1EndpointPort"].map((name) => ({ name, fields: [] }));
    const load = loaderOf({ name: "V1X", fields: [given] }, ...empty);
    expect((await generateSchema(["V1X"], load, noFacts)).get("V1X")).toBe(expected);
  });

  it.each(["number", "Set<string>", "Array<Array<string>>", "V1MicroTime", "Buffer", "V2beta1"])(
    "refuses type %s and names the field",
    async (type) => {
      const load = loaderOf({ name: "V1X", fields: [field("odd", type)] });
      await expect(generateSchema(["V1X"], load, noFacts)).rejects.toMatchObject({
        code: "unsupported-type",
        subject: "V1X.odd",
      });
    },
  );
});

describe("the models", () => {
  it("are followed to everything that they refer to, cycles included, in order of name", async () => {
    const load = loaderOf(
      { name: "V1C", fields: [field("b", "Array<V1B>")] },
      { name: "V1B", fields: [field("c", "V1C"), field("a", "{ [key: string]: V1A; }")] },
      { name: "V1A", fields: [] },
    );
    expect([...(await generateSchema(["V1C"], load, noFacts)).keys()]).toEqual([
      "V1A",
      "V1B",
      "V1C",
    ]);
  });
});

describe("facts", () => {
  const load = loaderOf({
    name: "V1X",
    fields: [
      field("p", "string"),
      field("l", "Array<string>"),
      field("n", "number", { format: "int32" }),
    ],
  });

  it("replace the type of a string, also in a list", async () => {
    const facts = {
      enums: [{ fields: ["V1X.l"], values: ["A", "B"] }],
      quantities: ["V1X.p"],
    };
    expect((await generateSchema(["V1X"], load, facts)).get("V1X")).toBe(
      "p:quantity l:[]=A|B n:int32",
    );
  });

  it.each(["V1X.gone", "V1Y.p", "V1X.n"])("about %s are refused", async (subject) => {
    const facts = { enums: [], quantities: [subject] };
    await expect(generateSchema(["V1X"], load, facts)).rejects.toMatchObject({
      code: "stale-fact",
      subject,
    });
  });
});

describe("the client's models", () => {
  const load = createModelLoader();

  it("give names, types and what is required", async () => {
    expect((await load("V1NetworkPolicyIngressRule")).fields[0]).toEqual({
      name: "from",
      property: "_from",
      type: "Array<V1NetworkPolicyPeer>",
      format: "",
      required: false,
    });
    expect((await load("V1ContainerPort")).fields.filter((f) => f.required)).toMatchObject([
      { name: "containerPort" },
    ]);
  });

  it("are refused when there is none of the name", async () => {
    await expect(load("V1Nothing")).rejects.toMatchObject({ code: "unknown-model" });
  });

  it("make the committed schema", async () => {
    const committed = new URL(
      "../../../packages/kube-source/src/generated/schema.ts",
      import.meta.url,
    );
    const source = /from (?<source>.+)\.\n/.exec(readFileSync(committed, "utf8"))?.groups?.[
      "source"
    ];
    const schema = await generateSchema(rootModels, load, knownFacts);
    expect(readFileSync(committed, "utf8")).toBe(renderSchema(schema, source ?? ""));
  });
});

describe("models made in another way", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hdt-schema-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["V1NoMap", "export class V1NoMap {}", "getAttributeTypeMap"],
    [
      "V1NoType",
      "export class V1NoType { static getAttributeTypeMap() { return [{ name: 'a', baseName: 'a' }]; } }",
      "an attribute has no type",
    ],
    [
      "V1NoDecl",
      "export class V1NoDecl { static getAttributeTypeMap() { return [{ name: 'b', baseName: 'b', type: 'string', format: '' }]; } }",
      "its declaration has no property b",
    ],
  ])("are refused: %s", async (name, code, reason) => {
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, `${name}.js`), code);
    writeFileSync(
      join(folder, `${name}.d.ts`),
      `export declare class ${name} {\n    'a': string;\n}\n`,
    );
    await expect(createModelLoader(pathToFileURL(`${folder}/`))(name)).rejects.toMatchObject({
      code: "unreadable-model",
      subject: name,
      reason: expect.stringContaining(reason),
    });
  });
});

/** Each test starts up to three processes, which takes seconds on a busy machine. */
describe("the command", { timeout: 30_000 }, () => {
  const run = promisify(execFile);
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const flags = ["--conditions=heddle-source", main];

  it("finds the committed schema up to date", async () => {
    const { stdout } = await run(process.execPath, [...flags, "--check"]);
    expect(stdout).toContain("up to date");
  });

  it("exits 1 on a stale file and leaves it alone, then writes it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hdt-schema-"));
    try {
      const file = join(folder, "schema.ts");
      writeFileSync(file, "// old\n");
      await expect(run(process.execPath, [...flags, "--check", file])).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${file} is stale`),
      });
      expect(readFileSync(file, "utf8")).toBe("// old\n");
      await run(process.execPath, [...flags, file]);
      const { stdout } = await run(process.execPath, [...flags, "--check", file]);
      expect(stdout).toContain("up to date");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each([["--chekc"], ["a.ts", "b.ts"]])("refuses the arguments %s %s", async (...args) => {
    await expect(run(process.execPath, [...flags, ...args])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${args.at(-1) ?? ""}: not understood`),
    });
  });
});
