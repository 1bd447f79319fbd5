import { decodeModel } from "./decode.ts";
import { type Finding, formatPath, type Report } from "./finding.ts";
import { isKind, type Kind, kindFacts } from "./kinds.ts";
import { decoders, type ManifestObject } from "./manifest-object.ts";
import { formatLocation, type SourceLocation, type SourceProblem } from "./problem.ts";
import { didYouMean } from "./suggestion.ts";
import { entryOf, type MapNode, type YamlNode } from "./yaml-node.ts";
import { readYaml, type YamlText } from "./yaml-reader.ts";

export interface ManifestOptions<K extends Kind> {
  /** What to call the text in locations: the file's name. */
  readonly file: string;
  /** The kinds that the caller has a use for. A `List` of them is accepted too. */
  readonly accepted: readonly K[];
  /**
   * Who the caller is, for the problem that says that it has no use for a kind.
   *
   * @defaultValue "this program"
   */
  readonly consumer?: string | undefined;
}

export interface Manifests<K extends Kind = Kind> {
  /** In the order of the text. */
  readonly objects: readonly ManifestObject<K>[];
  /** In the order of the text. While there are any, `objects` is not all that the text defines. */
  readonly problems: readonly SourceProblem[];
}

/**
 * Reads Kubernetes objects from YAML or JSON as strictly as `kubectl apply --validate=strict` does, and
 * checks what the API server would check as far as it matters to networking.
 *
 * The text may have any number of documents, comments, anchors and merges. Unquoted scalars mean what they
 * mean to kubectl, which is YAML 1.1: `yes` is true and `0755` is 493. Never throws for what is in the text:
 * each problem is a value with its place, and says what to write instead where that is known.
 */
export function parseManifests<K extends Kind>(
  text: string,
  options: ManifestOptions<K>,
): Manifests<K> {
  const yaml = readYaml(text);
  const reader = new ManifestReader(yaml, options);
  for (const { findings, root } of yaml.documents) {
    for (const finding of findings) reader.report(finding);
    if (root !== undefined) reader.readObject(root, reader.report);
  }
  return reader.result();
}

class ManifestReader<K extends Kind> {
  readonly #objects = new Map<string, ManifestObject<K>>();
  readonly #findings: Finding[] = [];
  readonly #yaml: YamlText;
  readonly #options: ManifestOptions<K>;

  constructor(yaml: YamlText, options: ManifestOptions<K>) {
    this.#yaml = yaml;
    this.#options = options;
  }

  readonly report: Report = (finding) => {
    this.#findings.push(finding);
  };

  result(): Manifests<K> {
    const findings = this.#findings.toSorted((left, right) => left.offset - right.offset);
    return {
      objects: [...this.#objects.values()],
      problems: findings.map((finding) => this.#problem(finding)),
    };
  }

  /** Reads one object, or a list of them. */
  readObject(node: YamlNode, report: Report): void {
    if (node.kind !== "map") {
      const reason = "expected an object with apiVersion and kind";
      report({ code: "wrong-type", offset: node.offset, path: [], reason });
      return;
    }
    const kind = readHeader(node, "kind", "write the object's kind, such as Pod", report);
    if (kind === "List") this.#readList(node, report);
    else if (kind !== undefined && this.#isAccepted(kind, node, report)) {
      this.#readKind(kind, node, report);
    }
  }

  #readList(node: MapNode, report: Report): void {
    checkVersion(node, "List", "v1", report);
    for (const [name, { offset, value }] of node.entries) {
      if (name === "apiVersion" || name === "kind") continue;
      if (name === "metadata") {
        decodeModel("V1ListMeta", value, ["metadata"], report);
      } else if (name === "items" && value.kind === "list") {
        for (const [index, item] of value.items.entries()) {
          const withPrefix: Report = (finding) =>
            report({ ...finding, path: ["items", index, ...finding.path] });
          this.readObject(item, withPrefix);
        }
      } else if (name === "items") {
        const reason = "expected a list of objects";
        report({ code: "wrong-type", offset: value.offset, path: ["items"], reason });
      } else {
        const hint = didYouMean(name, ["apiVersion", "kind", "metadata", "items"]);
        report({ code: "unknown-field", offset, path: [name], reason: "unknown field", hint });
      }
    }
  }

  #readKind(kind: K, node: MapNode, report: Report): void {
    if (!checkVersion(node, kind, kindFacts[kind].apiVersion, report)) return;
    const object = decoders[kind](node, this.#locate(node.offset), report);
    if (object === undefined) return;
    const name = `${kind} ${object.key}`;
    const first = this.#objects.get(name);
    if (first === undefined) {
      this.#objects.set(name, object);
      return;
    }
    report({
      code: "duplicate-object",
      offset: node.offset,
      path: [],
      reason: `${name} is already defined at line ${String(first.location.line)}`,
      hint: "remove one of the two, or give it another name",
    });
  }

  #isAccepted(kind: string, node: MapNode, report: Report): kind is K {
    const { accepted, consumer = "this program" } = this.#options;
    if (accepted.some((one) => one === kind)) return true;
    const meant = isKind(kind) ? undefined : didYouMean(kind, accepted);
    report({
      code: "unsupported-kind",
      offset: entryOf(node, "kind")?.value.offset ?? node.offset,
      path: [],
      reason: isKind(kind) ? `kind ${kind} is not used by ${consumer} yet` : `unknown kind ${kind}`,
      hint: meant ?? `accepted: ${accepted.join(", ")}`,
    });
    return false;
  }

  #locate(offset: number): SourceLocation {
    return { file: this.#options.file, ...this.#yaml.positionOf(offset) };
  }

  #problem({ code, hint, offset, path, reason }: Finding): SourceProblem {
    const location = this.#locate(offset);
    const subject = formatLocation(location);
    return {
      code,
      operation: "read manifest",
      subject,
      location,
      path: formatPath(path),
      reason,
      hint,
    };
  }
}

/** The text of `apiVersion` or `kind`; reports when there is none. */
function readHeader(
  node: MapNode,
  name: "apiVersion" | "kind",
  hint: string,
  report: Report,
): string | undefined {
  const value = entryOf(node, name)?.value;
  if (value?.kind === "scalar" && typeof value.value === "string" && value.value !== "") {
    return value.value;
  }
  const isMissing = value === undefined;
  report({
    code: isMissing ? "missing-field" : "wrong-type",
    offset: (value ?? node).offset,
    path: [name],
    reason: isMissing ? "required, but missing" : "expected a string",
    hint,
  });
  return undefined;
}

function checkVersion(node: MapNode, kind: string, expected: string, report: Report): boolean {
  const version = readHeader(node, "apiVersion", `write ${expected}`, report);
  if (version === undefined) return false;
  if (version === expected) return true;
  report({
    code: "unsupported-kind",
    offset: entryOf(node, "apiVersion")?.value.offset ?? node.offset,
    path: ["apiVersion"],
    reason: `${kind} of ${version} is not supported`,
    hint: `write ${expected}`,
  });
  return false;
}
