import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeModel } from "./decode.ts";
import type { Finding } from "./finding.ts";
import {
  allKinds,
  formatManifest,
  type Kind,
  type KubernetesObjects,
  parseManifests,
} from "./index.ts";
import { kindFacts } from "./kinds.ts";
import { type FieldType, fieldsOf } from "./schema.ts";
import type { YamlNode } from "./yaml-node.ts";
import { readYaml } from "./yaml-reader.ts";

/** Strings that a careless writer or reader of YAML changes. */
const strings = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    "yes",
    "N",
    "0755",
    "0o7",
    "0x1f",
    "1_000",
    "22:22",
    "1e3",
    ".inf",
    "null",
    "~",
    "",
    "<<",
  ),
  fc.constantFrom(
    "*a",
    "&a",
    "!a",
    "# a",
    "a # b",
    "a: b",
    "- a",
    "---",
    "{a}",
    " a ",
    "a\nb\n",
    "\ta",
    "\u2028",
    "\ufeffa",
  ),
);

const scalars = {
  string: strings,
  bool: fc.boolean(),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  date: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  quantity: fc.constantFrom("1", "0.5", "500m", "64Mi", "1e3", "+2.", ".5Gi"),
  "int-or-string": fc.oneof(fc.integer(), strings),
  any: fc.constantFrom<unknown>(
    { "f:metadata": { "f:labels": {} } },
    ["yes", 1, null, true],
    "0755",
  ),
};

/** Values of the type in the client's classes; of deep ones only what is required. */
function valueOf(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  if (type.kind === "scalar") return scalars[type.scalar];
  if (type.kind === "enum") return fc.constantFrom(...type.values);
  if (type.kind === "model") return objectOf(type.model, depth - 1);
  const items = valueOf(type.item, depth);
  if (type.kind === "list") return fc.array(items, { maxLength: 2 });
  const entries = fc.array(fc.tuple(strings, items), { maxLength: 2 });
  return entries.map((pairs) => Object.fromEntries(pairs));
}

function objectOf(model: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...fieldsOf(model).values()];
  const shown = fields.filter(
    ({ required, type }) => required || depth > 0 || type.kind === "scalar",
  );
  return fc.record(
    Object.fromEntries(shown.map(({ property, type }) => [property, valueOf(type, depth)])),
    {
      requiredKeys: fields.filter(({ required }) => required).map(({ property }) => property),
      noNullPrototype: true,
    },
  );
}

/** The generated object is one of the kind by its making, which no type can express. */
function isOfKind<K extends Kind>(_kind: K, value: unknown): value is KubernetesObjects[K] {
  return typeof value === "object";
}

function format(kind: Kind, object: unknown): string {
  if (!isOfKind(kind, object)) throw new Error("not an object");
  return formatManifest(kind, object);
}

const objects = fc.constantFrom(...allKinds).chain((kind) =>
  objectOf(kindFacts[kind].model, 4).map((object) => ({
    kind,
    object: { ...object, apiVersion: kindFacts[kind].apiVersion, kind },
  })),
);

function rootOf(text: string): YamlNode {
  const { documents } = readYaml(text);
  const root = documents[0]?.root;
  if (root === undefined || documents.length !== 1) throw new Error(`not one document: ${text}`);
  return root;
}

/** Where the names of fields stand, apart from the header and the keys of maps. */
function namePlaces(type: FieldType, node: YamlNode): { name: string; offset: number }[] {
  if (type.kind === "list" && node.kind === "list") {
    return node.items.flatMap((item) => namePlaces(type.item, item));
  }
  if (node.kind !== "map") return [];
  if (type.kind === "map") {
    return [...node.entries.values()].flatMap(({ value }) => namePlaces(type.item, value));
  }
  if (type.kind !== "model") return [];
  const fields = fieldsOf(type.model);
  const places: { name: string; offset: number }[] = [];
  for (const [name, { offset, value }] of node.entries) {
    const field = fields.get(name);
    if (field !== undefined) places.push({ name, offset }, ...namePlaces(field.type, value));
  }
  return places;
}

describe("the reader", { timeout: 30_000 }, () => {
  it("reads what was written, whatever the object", () => {
    fc.assert(
      fc.property(objects, ({ kind, object }) => {
        const found: Finding[] = [];
        const root = rootOf(format(kind, object));
        const decoded = decodeModel(kindFacts[kind].model, root, [], (finding) =>
          found.push(finding),
        );
        expect(found).toEqual([]);
        expect(decoded).toEqual(object);
      }),
      { numRuns: 150 },
    );
  });

  it("reports a changed field name at its place", () => {
    const cases = fc.tuple(objects, fc.nat(), fc.constantFrom("x", "X", "_"));
    fc.assert(
      fc.property(cases, ([{ kind, object }, choice, suffix]) => {
        const text = format(kind, object);
        const places = namePlaces({ kind: "model", model: kindFacts[kind].model }, rootOf(text));
        const changeable = places.filter(({ name }) => name !== "apiVersion" && name !== "kind");
        const place = changeable[choice % Math.max(1, changeable.length)];
        fc.pre(place !== undefined);
        const end = place.offset + place.name.length;
        expect(text.slice(place.offset, end)).toBe(place.name);
        const { problems } = parseManifests(`${text.slice(0, end)}${suffix}${text.slice(end)}`, {
          file: "a.yaml",
          accepted: allKinds,
        });
        const line = text.slice(0, end).split("\n").length;
        const column = end - text.lastIndexOf("\n", end - 1) - place.name.length;
        expect(problems).toContainEqual(
          expect.objectContaining({
            code: "unknown-field",
            path: expect.stringMatching(new RegExp(`(?:^|\\.)${place.name}${suffix}$`)),
            location: { file: "a.yaml", line, column },
          }),
        );
      }),
      { numRuns: 150 },
    );
  });

  it("has an answer to any text", () => {
    const garbage = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(
          fc.constantFrom(
            "a",
            ":",
            " ",
            "\n",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "&a",
            "*a",
            "<<",
            "|",
            '"',
            "'",
            "#",
            "?",
            "!!int",
            "%",
            "\t",
            "---\n",
            ",",
          ),
          { maxLength: 30 },
        )
        .map((parts) => parts.join("")),
    );
    const damaged = fc
      .tuple(objects, garbage, fc.nat(), fc.nat(20))
      .map(([{ kind, object }, insert, at, length]) => {
        const text = format(kind, object);
        const start = at % text.length;
        return text.slice(0, start) + insert + text.slice(start + length);
      });
    fc.assert(
      fc.property(fc.oneof(garbage, damaged), (text) => {
        const { problems } = parseManifests(text, { file: "a.yaml", accepted: allKinds });
        const lines = text.split("\n").length;
        for (const { location } of problems) {
          expect(location?.line).toBeGreaterThanOrEqual(1);
          expect(location?.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a pod that the API server accepts", () => {
  const labels = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,8}[a-z0-9])?$/);
  const addresses = fc.constantFrom<readonly string[]>(
    [],
    ["10.0.0.1"],
    ["fd00::1"],
    ["10.0.0.1", "fd00::1"],
  );
  const pods = fc.record({
    name: labels,
    namespace: labels,
    labels: fc.dictionary(labels, fc.oneof(labels, fc.constantFrom("", "A_b.c"))),
    containers: fc.uniqueArray(labels, { minLength: 1, maxLength: 3 }),
    ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }),
    podIPs: addresses,
  });

  it("comes through whole, under its key", () => {
    fc.assert(
      fc.property(pods, ({ containers, labels: podLabels, name, namespace, podIPs, ports }) => {
        const pod: KubernetesObjects["Pod"] = {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace, labels: podLabels },
          spec: {
            containers: containers.map((container) => ({
              name: container,
              image: "x",
              ports: ports.map((containerPort) => ({ containerPort })),
            })),
          },
          status: { podIPs: podIPs.map((ip) => ({ ip })) },
        };
        const { objects: read, problems } = parseManifests(formatManifest("Pod", pod), {
          file: "a.yaml",
          accepted: ["Pod"],
        });
        expect(problems).toEqual([]);
        expect(read).toEqual([
          {
            kind: "Pod",
            key: `${namespace}/${name}`,
            object: pod,
            location: { file: "a.yaml", line: 2, column: 1 },
          },
        ]);
      }),
    );
  });
});
