import { describe, expect, it } from "vitest";
import { locate, type YamlNode } from "./yaml-node.ts";
import { readYaml } from "./yaml-reader.ts";

/** The data without its places. */
function toJson(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  return Object.fromEntries(Array.from(node.entries, ([key, entry]) => [key, toJson(entry.value)]));
}

function read(text: string): unknown[] {
  return readYaml(text).documents.map(({ findings, root }) =>
    root === undefined ? findings : toJson(root),
  );
}

/** `line:column: reason (hint)` of each finding. */
function complaints(text: string): string[] {
  const { documents, positionOf } = readYaml(text);
  return documents.flatMap((document) =>
    document.findings.map(({ hint, offset, reason }) => {
      const { column, line } = positionOf(offset);
      return `${String(line)}:${String(column)}: ${reason}${hint === undefined ? "" : ` (${hint})`}`;
    }),
  );
}

describe("what is read", () => {
  it.each([
    ["nothing at all", "", []],
    ["comments alone", "# one\n---\n# two\n---\n", []],
    [
      "documents between separators",
      "---\na: 1\n---\nb: 2\n...\n---\nc: 3\n",
      [{ a: 1 }, { b: 2 }, { c: 3 }],
    ],
    ["comments and empty values", "a: # nothing\nb: ~\nc: ''\n", [{ a: null, b: null, c: "" }]],
    [
      "quotes that keep a string",
      `a: "yes"\nb: '0755'\nc: |\n  on\n`,
      [{ a: "yes", b: "0755", c: "on\n" }],
    ],
    ["explicit tags", "a: !!str 5\nb: !!int '5'\nc: ! 5\n", [{ a: "5", b: 5, c: "5" }]],
    [
      "JSON with tabs",
      '{\n\t"a": [1, "x\\u00e9\\/"],\n\t"b": null\n}\n',
      [{ a: [1, "xé/"], b: null }],
    ],
    ["Windows line ends", "a: 1\r\nb: 2\r\n", [{ a: 1, b: 2 }]],
    ["a byte order mark", "\ufeffa: 1\n", [{ a: 1 }]],
    ["the YAML 1.1 directive", "%YAML 1.1\n---\na: yes\n", [{ a: true }]],
    ["flow maps with bare keys", "{a, b: , 'y': 1}", [{ a: null, b: null, y: 1 }]],
    ["an alias", "a: &x {b: 1}\nc: *x\n", [{ a: { b: 1 }, c: { b: 1 } }]],
    ["an alias as a key", "a: &x b\n*x : 1\n", [{ a: "b", b: 1 }]],
    [
      "a merge, which what is set overrides",
      "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
      [{ a: { b: 1, c: 2 }, d: { b: 1, c: 3 } }],
    ],
    [
      "a merge of several, of which the first counts",
      "- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y]}\n",
      [[{ a: 1 }, { a: 2, b: 2 }, { a: 1, b: 2 }]],
    ],
    ["a quoted << as a key", '{"<<": 1}', [{ "<<": 1 }]],
    ["keys that are numbers in decimal", "1: a\n", [{ "1": "a" }]],
    ["the key __proto__", "__proto__: 1\n", [Object.fromEntries([["__proto__", 1]])]],
  ])("%s", (_name, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe("what is refused", () => {
  it.each([
    [
      "a key twice",
      "a: 1\nb:\n  c: 1\n  c: 2\n",
      ["4:3: it is already set at line 3 (keep one of the two)"],
    ],
    [
      "a key that YAML 1.1 changes",
      "labels:\n  on: x\n",
      ['2:3: YAML 1.1 reads the key `on` as true (quote it: "on")'],
    ],
    ["an octal key", "0755: x\n", ['1:1: YAML 1.1 reads the key `0755` as 493 (quote it: "0755")']],
    [
      "a list as a key",
      "? [a]\n: b\n",
      ["1:3: a key is not a string (write the key as plain text)"],
    ],
    [
      "an unknown anchor",
      "a: *x\n",
      ["1:4: alias `*x` has no anchor before it (define it before with `&x`)"],
    ],
    [
      "an unknown tag",
      "a: !secret x\n",
      ["1:12: Kubernetes has no use for the tag !secret (remove the tag)"],
    ],
    [
      "a merge of a scalar",
      "a: {<<: b}\n",
      [
        "1:9: `<<` merges something that is not a map (write `<<: *ANCHOR` with the anchor of a map)",
      ],
    ],
    ["infinity", "a: .inf\n", ['1:4: JSON has no number .inf (quote it: ".inf")']],
    [
      "a tab as indentation",
      "a:\n\tb: c\n",
      ["2:1: not YAML: Tabs are not allowed as indentation (indent with spaces)"],
    ],
    [
      "a colon in a plain value",
      "a: b: c\n",
      [
        "1:4: not YAML: Nested mappings are not allowed in compact mappings (check the indentation, and quote a value that contains `: `)",
      ],
    ],
    [
      "a value that starts with @",
      "a: @x\n",
      ["1:4: not YAML: Plain value cannot start with reserved character @ (quote the value)"],
    ],
    [
      "an open bracket",
      "a: [1,\nb: 2\n",
      [
        "2:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] (check the indentation, the quotes and the brackets before it)",
      ],
    ],
  ])("%s", (_name, text, expected) => {
    expect(complaints(text)).toEqual(expected);
  });

  it("does not keep the other documents from being read", () => {
    expect(read("a: 1\n---\na: [\n---\nb: 2\n")).toMatchObject([
      { a: 1 },
      [{ code: "malformed-yaml" }],
      { b: 2 },
    ]);
  });
});

describe("input that is made to exhaust the reader", () => {
  it("cannot nest deeper than the stack: brackets", () => {
    expect(complaints("[".repeat(20_000))).toEqual([expect.stringContaining("nested too deeply")]);
  });

  it("cannot nest deeper than any object", () => {
    expect(complaints(`${"[".repeat(150)}${"]".repeat(150)}`)).toEqual([
      "1:102: nested more than 100 levels deep",
    ]);
  });

  it("cannot refer to itself", () => {
    expect(complaints("a: &x [*x]\n")).toEqual([
      expect.stringContaining("nested more than 100 levels deep"),
    ]);
  });

  it("cannot grow by aliases", () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) =>
        `l${String(index)}: &l${String(index)} [${Array(9)
          .fill(index === 0 ? "x" : `*l${String(index - 1)}`)
          .join(",")}]`,
    );
    expect(complaints(levels.join("\n"))).toEqual([
      expect.stringContaining("aliases stand for more than 100000 values"),
    ]);
  });
});

describe("places", () => {
  const { documents, positionOf } = readYaml(
    "a: 1\nspec:\n  list:\n  - name: x\n    other: [1, 2]\n",
  );
  const root = documents[0]?.root;

  it.each([
    [["spec", "list", 0, "other", 1], 5, 16],
    [["spec", "list", 0, "gone"], 4, 5],
    [["spec", "list", 7, "name"], 4, 3],
    [["a", "b"], 1, 4],
    [[], 1, 1],
  ])("of %j are at %i:%i, or where the way to it ends", (path, line, column) => {
    if (root === undefined) throw new Error("the text has no document");
    expect(positionOf(locate(root, path))).toEqual({ line, column });
  });
});
