import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkWorkspace, readWorkspace, type WorkspacePackage } from "./index.ts";
import { importsOf, isTestCode, type SourceFile } from "./read-workspace.ts";

function member(name: string, overrides: Partial<WorkspacePackage> = {}): WorkspacePackage {
  const folder = `packages/${name.replace("@heddle/", "")}`;
  return {
    name,
    folder,
    dependencies: [],
    devDependencies: [],
    scripts: [],
    files: [],
    ...overrides,
  };
}

function source(path: string, imports: readonly string[]): SourceFile {
  return { path, imports, test: isTestCode(path) };
}

const contracts = member("@heddle/contracts");
const ipam = member("@heddle/ipam");
const testing = member("@heddle/testing");

describe("the workspace itself", () => {
  it("keeps the layers", () => {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const workspace = readWorkspace(root);
    expect(workspace.packages.length).toBeGreaterThan(5);
    expect(checkWorkspace(workspace)).toEqual([]);
  });
});

describe("the check refuses", () => {
  it("a script that runs when a package is installed", () => {
    const packages = [member("@heddle/ipam", { scripts: ["build", "postinstall"] })];
    expect(checkWorkspace({ packages })).toEqual([
      "packages/ipam/package.json: has the script postinstall; packages run nothing when installed",
    ]);
  });

  it.each<[string, WorkspacePackage[], string]>([
    [
      "an import upwards",
      [ipam, member("@heddle/tables", { dependencies: ["@heddle/ipam"] })],
      "packages/tables/package.json: @heddle/tables (layer 1) imports @heddle/ipam (layer 2); imports go down",
    ],
    [
      "features that know one another",
      [ipam, member("@heddle/endpoint", { dependencies: ["@heddle/ipam"] })],
      "packages/endpoint/package.json: @heddle/endpoint (layer 2) imports @heddle/ipam (layer 2); packages of this layer stand alone",
    ],
    [
      "the same for their tests",
      [ipam, member("@heddle/endpoint", { devDependencies: ["@heddle/ipam"] })],
      "packages/endpoint/package.json: @heddle/endpoint (layer 2) imports @heddle/ipam (layer 2); packages of this layer stand alone",
    ],
    [
      "an import that is not declared",
      [contracts, { ...ipam, files: [source("packages/ipam/src/a.ts", ["@heddle/contracts"])] }],
      "packages/ipam/src/a.ts: imports @heddle/contracts, which packages/ipam/package.json does not declare",
    ],
    [
      "test support in shipped code",
      [testing, member("@heddle/routing", { dependencies: ["@heddle/testing"] })],
      "packages/routing/package.json: @heddle/routing (layer 2) imports @heddle/testing (layer 3); imports go down",
    ],
    [
      "test support below the features",
      [testing, member("@heddle/tables", { devDependencies: ["@heddle/testing"] })],
      "packages/tables/package.json: @heddle/tables (layer 1) imports @heddle/testing (layer 3); imports go down",
    ],
    [
      "a package without a layer",
      [member("@heddle/surprise")],
      "packages/surprise: @heddle/surprise has no layer; give it one in tools/layers",
    ],
    [
      "a drawer",
      [{ ...ipam, files: [source("packages/ipam/src/utils/a.ts", [])] }],
      'packages/ipam/src/utils/a.ts: "utils" does not say what belongs in it; name the noun',
    ],
    [
      "a drawer's test",
      [{ ...ipam, files: [source("packages/ipam/src/Helpers.kernel.test.ts", [])] }],
      'packages/ipam/src/Helpers.kernel.test.ts: "Helpers" does not say what belongs in it; name the noun',
    ],
    [
      "a tool in shipped code",
      [
        member("@heddle-tools/x", { folder: "tools/x" }),
        member("@heddle/ipam", { dependencies: ["@heddle-tools/x"] }),
      ],
      "packages/ipam/package.json: a published package imports the tool @heddle-tools/x",
    ],
  ])("%s", (_name, packages, problem) => {
    expect(checkWorkspace({ packages })).toEqual([problem]);
  });

  it("a cycle, once", () => {
    const packages = [
      member("@heddle/lab", { dependencies: ["@heddle/cli"] }),
      member("@heddle/cli", { dependencies: ["@heddle/lab"] }),
    ];
    expect(checkWorkspace({ packages })).toEqual([
      "cycle: @heddle/cli -> @heddle/lab -> @heddle/cli",
    ]);
  });
});

describe("the check allows", () => {
  it("imports downwards, test support in a feature's tests, and the top layer sideways", () => {
    const packages = [
      contracts,
      testing,
      member("@heddle/ipam", {
        dependencies: ["@heddle/contracts"],
        devDependencies: ["@heddle/testing"],
        files: [
          source("packages/ipam/src/a.ts", ["@heddle/contracts"]),
          source("packages/ipam/src/a.test.ts", ["@heddle/testing", "vitest"]),
        ],
      }),
      member("@heddle/cli", { dependencies: ["@heddle/testing"] }),
    ];
    expect(checkWorkspace({ packages })).toEqual([]);
  });
});

describe("test code", () => {
  it.each([
    ["packages/ipam/src/ipam.test.ts", true],
    ["packages/ipam/src/ipam.kernel.test.ts", true],
    ["packages/ipam/src/pool.fake.ts", true],
    ["packages/lab/src/testing/lab-scene.ts", true],
    ["packages/testing/src/index.ts", false],
    ["packages/ipam/src/contest.ts", false],
  ])("%s: %s", (path, expected) => {
    expect(isTestCode(path)).toBe(expected);
  });
});

describe("imports are found", () => {
  it("in every form, and not in comments", () => {
    const text = `
      import a, { b } from "a/sub";
      import type {
        C,
      } from '@s/c/deep';
      import "side-effect";
      export * from "./own.ts";
      const d = await import("d");
      // import x from "no1"
      /** import y from "no2" */
    `;
    expect(importsOf(text)).toEqual(["a/sub", "@s/c/deep", "side-effect", "./own.ts", "d"]);
  });
});
