import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Finding, Path } from "./finding.ts";
import type { MapEntry, ScalarNode, YamlNode } from "./yaml-node.ts";
import { resolvePlain } from "./yaml-scalar.ts";

interface YamlDocument {
  /** Absent when the document has a finding. */
  readonly root?: YamlNode;
  readonly findings: readonly Finding[];
}

export interface YamlText {
  /** The documents that are not empty. */
  readonly documents: readonly YamlDocument[];
  /** The place of an offset; both count from 1. */
  readonly positionOf: (offset: number) => { readonly line: number; readonly column: number };
}

/** Deeper than any object of Kubernetes, and shallow enough for the stack. */
const maxDepth = 100;

/** Nodes that aliases may add to a document; a few lines could otherwise grow to billions. */
const maxAliasedNodes = 100_000;

/** Reads YAML, or JSON, the way kubectl does; see {@link resolvePlain} for what unquoted scalars mean. */
export function readYaml(text: string): YamlText {
  const lineCounter = new LineCounter();
  // In the failsafe schema every scalar is a string, so that resolvePlain alone says what one means.
  const parsed = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    lineCounter,
  });
  const positionOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    const [error] = document.errors;
    if (error !== undefined) {
      // Only the first: the others tend to follow from it.
      documents.push({ findings: [syntaxFinding(error)] });
    } else if (document.contents !== null && !isEmpty(document.contents)) {
      documents.push(new TreeReader(document, (offset) => positionOf(offset).line).readDocument());
    }
  }
  return { documents, positionOf };
}

/** A document of comments alone. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.source === "" && node.type === "PLAIN";
}

const syntaxHints: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  BLOCK_AS_IMPLICIT_KEY: "check the indentation, and quote a value that contains `: `",
  TAB_AS_INDENT: "indent with spaces",
  BAD_SCALAR_START: "quote the value",
};

function syntaxFinding(error: YAMLError): Finding {
  return {
    code: "malformed-yaml",
    offset: error.pos[0],
    path: [],
    reason:
      error.code === "RESOURCE_EXHAUSTION" ? "nested too deeply" : `not YAML: ${error.message}`,
    hint: syntaxHints[error.code] ?? "check the indentation, the quotes and the brackets before it",
  };
}

/** Turns one document of the `yaml` package into a tree of {@link YamlNode}. */
class TreeReader {
  readonly #document: Document.Parsed;
  readonly #lineOf: (offset: number) => number;
  readonly #findings: Finding[] = [];
  #aliasDepth = 0;
  #aliasedNodes = 0;
  #stopped = false;

  constructor(document: Document.Parsed, lineOf: (offset: number) => number) {
    this.#document = document;
    this.#lineOf = lineOf;
  }

  readDocument(): YamlDocument {
    const root = this.#read(this.#document.contents, 0, []);
    return this.#findings.length === 0 ? { root, findings: [] } : { findings: this.#findings };
  }

  #read(node: unknown, fallback: number, path: Path): YamlNode {
    const offset = offsetOf(node) ?? fallback;
    if (this.#exceedsLimits(offset, path)) return nothing(offset);
    if (isAlias(node)) return this.#readAlias(node, offset, path);
    if (isMap(node)) {
      this.#checkTag(node.tag, ["map"], offset, path);
      return { kind: "map", offset, entries: this.#readMap(node, path) };
    }
    if (isSeq(node)) {
      this.#checkTag(node.tag, ["seq"], offset, path);
      const items = node.items.map((item, index) => this.#read(item, offset, [...path, index]));
      return { kind: "list", offset, items };
    }
    return isScalar(node) ? this.#readScalar(node, offset, path) : nothing(offset);
  }

  /** Says so once, and then stops, so that neither the stack nor memory runs out. */
  #exceedsLimits(offset: number, path: Path): boolean {
    if (this.#stopped) return true;
    if (this.#aliasDepth > 0) this.#aliasedNodes += 1;
    if (path.length > maxDepth) {
      this.#malformed(offset, path.slice(0, 3), `nested more than ${String(maxDepth)} levels deep`);
      this.#stopped = true;
    } else if (this.#aliasedNodes > maxAliasedNodes) {
      const limit = String(maxAliasedNodes);
      this.#malformed(offset, path, `aliases stand for more than ${limit} values`);
      this.#stopped = true;
    }
    return this.#stopped;
  }

  #readAlias(alias: Alias, offset: number, path: Path): YamlNode {
    const target = alias.resolve(this.#document);
    if (target === undefined) {
      const hint = `define it before with \`&${alias.source}\``;
      this.#malformed(offset, path, `alias \`*${alias.source}\` has no anchor before it`, hint);
      return nothing(offset);
    }
    this.#aliasDepth += 1;
    const node = this.#read(target, offset, path);
    this.#aliasDepth -= 1;
    return node;
  }

  #readScalar(node: Scalar, offset: number, path: Path): ScalarNode {
    const text = typeof node.value === "string" ? node.value : "";
    this.#checkTag(node.tag, ["str", "int", "float", "bool", "null"], offset, path);
    const plain = node.tag === undefined ? node.type === "PLAIN" : !/:str$|^!$/.test(node.tag);
    const value = plain ? resolvePlain(text) : text;
    if (typeof value === "number" && !Number.isFinite(value)) {
      this.#malformed(offset, path, `JSON has no number ${text}`, `quote it: ${quoted(text)}`);
    }
    return { kind: "scalar", offset, value, text };
  }

  #readMap(map: YAMLMap, path: Path): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>();
    const merges: YamlNode[] = [];
    for (const pair of map.items) {
      const offset = offsetOf(pair.key) ?? offsetOf(map) ?? 0;
      const key = this.#readKey(pair, offset, path);
      if (key === undefined) continue;
      const value = this.#read(pair.value, offset, [...path, key.name]);
      if (key.isMerge) merges.push(value);
      else this.#add(entries, key.name, { offset, value }, path);
    }
    for (const merge of merges) this.#merge(entries, merge, path);
    return entries;
  }

  #add(entries: Map<string, MapEntry>, key: string, entry: MapEntry, path: Path): void {
    const first = entries.get(key);
    if (first === undefined) {
      entries.set(key, entry);
      return;
    }
    this.#findings.push({
      code: "duplicate-key",
      offset: entry.offset,
      path: [...path, key],
      reason: `it is already set at line ${String(this.#lineOf(first.offset))}`,
      hint: "keep one of the two",
    });
  }

  #readKey(
    pair: Pair,
    offset: number,
    path: Path,
  ): { readonly name: string; readonly isMerge: boolean } | undefined {
    const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
    if (!isScalar(key) || typeof key.value !== "string") {
      this.#malformed(offset, path, "a key is not a string", "write the key as plain text");
      return undefined;
    }
    const name = key.value;
    if (key.type !== "PLAIN") return { name, isMerge: false };
    const value = resolvePlain(name);
    if (String(value) === name) return { name, isMerge: name === "<<" };
    const hint = `quote it: ${quoted(name)}`;
    this.#malformed(offset, path, `YAML 1.1 reads the key \`${name}\` as ${String(value)}`, hint);
    return undefined;
  }

  /** https://yaml.org/type/merge.html: what is set already stays, also by an earlier map of a list. */
  #merge(entries: Map<string, MapEntry>, node: YamlNode, path: Path): void {
    for (const source of node.kind === "list" ? node.items : [node]) {
      if (source.kind !== "map") {
        const hint = "write `<<: *ANCHOR` with the anchor of a map";
        this.#malformed(source.offset, path, "`<<` merges something that is not a map", hint);
        continue;
      }
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
    }
  }

  #checkTag(tag: string | undefined, allowed: readonly string[], offset: number, path: Path): void {
    if (tag === undefined || tag === "!") return;
    if (allowed.some((name) => tag === `tag:yaml.org,2002:${name}`)) return;
    this.#malformed(offset, path, `Kubernetes has no use for the tag ${tag}`, "remove the tag");
  }

  #malformed(offset: number, path: Path, reason: string, hint?: string): void {
    this.#findings.push({ code: "malformed-yaml", offset, path, reason, hint });
  }
}

function offsetOf(node: unknown): number | undefined {
  const hasRange = isAlias(node) || isMap(node) || isScalar(node) || isSeq(node);
  return hasRange ? node.range?.[0] : undefined;
}

function nothing(offset: number): ScalarNode {
  return { kind: "scalar", offset, value: null, text: "" };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
