import { globSync } from "node:fs";

/** Something that must hold for every commit. */
export interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

/** Every check, the quick ones first. Those after the build look at what it made. */
export function allChecks(root: string): readonly Check[] {
  const published = globSync("packages/*", { cwd: root }).toSorted();
  const c = globSync(
    [
      "bpf/{include,maps,programs}/*.[ch]",
      "packages/*/native/src/*.[ch]",
      "packages/*/fixtures/*.c",
      "packages/*/examples/**/*.c",
      "packages/*/bench/*.c",
      "bpf/tests/fixtures/*.c",
      "tools/bench/bpf/*.c",
      "tools/*/native/*.[ch]",
    ],
    { cwd: root },
  ).toSorted();
  return [
    { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
    { name: "lint", command: ["oxlint"] },
    { name: "format", command: ["oxfmt", "--check", "."] },
    { name: "format of C", command: ["clang-format-19", "--dry-run", "--Werror", ...c] },
    { name: "layers", command: ["node", "tools/layers/src/main.ts"] },
    { name: "unused code", command: ["knip", "--no-config-hints"] },
    { name: "generated BPF types", command: ["nx", "run", "bpf:generated"] },
    {
      name: "generated Kubernetes schema",
      command: ["npm", "run", "--silent", "check", "-w", "@heddle-tools/kube-schema"],
    },
    { name: "generated reference", command: ["nx", "run", "@heddle-tools/docs:check"] },
    { name: "build", command: ["nx", "run-many", "-t", "build"] },
    ...published.flatMap((folder) => [
      { name: `publint ${folder}`, command: ["publint", folder, "--strict"] },
      {
        name: `attw ${folder}`,
        command: ["attw", "--pack", folder, "--profile", "esm-only", "--quiet"],
      },
    ]),
  ];
}
