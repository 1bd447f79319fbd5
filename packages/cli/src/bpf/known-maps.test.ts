import { nodeObject, podObject } from "@heddle/datapath/bpf";
import type { Layout } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { CliError } from "../cli-error.ts";
import { nameIndex } from "./index-names.ts";
import { enumValues, findMap, knownMaps } from "./known-maps.ts";
import { nameEnums } from "./name-enums.ts";

describe("the maps of this release", () => {
  it("are those of its programs", () => {
    const maps = new Set([...podObject.maps, ...nodeObject.maps]);
    expect(new Set(knownMaps.keys())).toEqual(maps);
  });

  it("belong to packages", () => {
    expect(findMap("endpoints").owner).toBe("@heddle/endpoint");
    expect(findMap("connections").owner).toBe("@heddle/conntrack");
    expect(findMap("counters").owner).toBe("@heddle/datapath");
  });

  it("have layouts where they hold structs", () => {
    expect(findMap("connections").key?.names).toEqual(["struct connection_key"]);
    expect(findMap("connections").value?.names).toEqual(["struct connection"]);
    expect(findMap("endpoints").value?.names).toEqual(["struct endpoint"]);
    expect(findMap("epochs").value).toBeUndefined();
    expect(findMap("drop_events").value).toBeUndefined();
  });

  it("are told when none has the name", () => {
    expect(() => findMap("flow")).toThrow(CliError);
    expect(() => findMap("flow")).toThrow(
      'find map "flow": this release has no map of that name (there are conn_closing, conn_counters, ',
    );
  });
});

/** The names of all enums in a layout. */
function enumsIn(layout: Layout | undefined): readonly string[] {
  if (layout === undefined) return [];
  if (layout.kind === "array") return enumsIn(layout.element);
  if (layout.kind !== "scalar") return layout.fields.flatMap(({ type }) => enumsIn(type));
  return layout.names.flatMap((name) => /^enum (.+)$/.exec(name)?.[1] ?? []);
}

describe("enum values", () => {
  it("have names, of every enum in every map", () => {
    const halves = [...knownMaps.values()].flatMap(({ key, value }) => [key, value]);
    const enums = halves.flatMap(enumsIn);
    expect(enums).toContain("nexthop_kind");
    expect(enums.filter((name) => enumValues(name) === undefined)).toEqual([]);
  });

  it("stand in the place of numbers, at any depth", () => {
    const { key, value } = findMap("connections");
    expect(nameEnums({ port: [1, 2], scope: 1, protocol: 2 }, key)).toEqual({
      port: [1, 2],
      scope: "service",
      protocol: 2,
    });
    expect(nameEnums({ expires: 2n, way: [{ kind: 1, mtu: 1 }] }, value)).toEqual({
      expires: 2n,
      way: [{ kind: "pod", mtu: 1 }],
    });
  });

  it("of a later release stay numbers", () => {
    expect(nameEnums({ scope: 77 }, findMap("connections").key)).toEqual({ scope: 77 });
  });
});

describe("an index", () => {
  it.each<[string, unknown, unknown]>([
    ["counters", 0, { hook: "fromPod", reason: "toPod" }],
    ["counters", 2 * 128 + 74, { hook: "fromNet", reason: "martian" }],
    ["counters", 127, 127],
    ["epochs", 0, "routes"],
    ["epochs", 1, 1],
    ["epochs", 4096, 4096],
    ["event_switch", 0, "drop"],
    ["event_budgets", 1, "flow"],
    ["event_budgets", 9, 9],
    ["devices", 0, 0],
    ["endpoints", "10.0.0.1", "10.0.0.1"],
  ])("of %s: %j means %j", (map, index, meaning) => {
    expect(nameIndex(map, index)).toEqual(meaning);
  });
});
