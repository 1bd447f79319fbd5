import type { Finding, Path, Report } from "./finding.ts";
import type { ScalarValue } from "./yaml-scalar.ts";

export interface ScalarNode {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: ScalarValue;
  /** As it is written, without quotes. */
  readonly text: string;
}

interface ListNode {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly YamlNode[];
}

export interface MapEntry {
  /** Where the key stands. */
  readonly offset: number;
  readonly value: YamlNode;
}

export interface MapNode {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** JSON data that knows where in the text it stands. Aliases and merges are resolved. */
export type YamlNode = ListNode | MapNode | ScalarNode;

/** The offset of the deepest node that the path leads to. */
export function locate(root: YamlNode, path: Path): number {
  let node = root;
  for (const step of path) {
    const next = typeof step === "number" ? itemOf(node, step) : entryOf(node, step)?.value;
    if (next === undefined) break;
    node = next;
  }
  return node.offset;
}

function itemOf(node: YamlNode, index: number): YamlNode | undefined {
  return node.kind === "list" ? node.items[index] : undefined;
}

/** The entry of a key; undefined also when the node is no map. */
export function entryOf(node: YamlNode, key: string): MapEntry | undefined {
  return node.kind === "map" ? node.entries.get(key) : undefined;
}

/** Reports findings that are known by their path alone. */
export type ReportAt = (finding: Omit<Finding, "offset">) => void;

export function reportAt(root: YamlNode, report: Report): ReportAt {
  return (finding) => report({ ...finding, offset: locate(root, finding.path) });
}
