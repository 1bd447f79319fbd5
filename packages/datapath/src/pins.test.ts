import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interfaceIndex } from "@heddle/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { DatapathError, nodeObject, podObject } from "./index.ts";
import { createPins, isExpendable, pinsAt } from "./pins.ts";

const root = mkdtempSync(join(tmpdir(), "heddle-pins-"));
afterAll(() => rmSync(root, { recursive: true }));

describe("the places of pins", () => {
  it("are looked at without being made", () => {
    const pins = pinsAt(join(root, "absent"));
    expect(pins.maps()).toEqual([]);
    expect(pins.attachments()).toEqual([]);
  });

  it("name what lies there, and leave out what is not ours", () => {
    const pins = pinsAt(root);
    mkdirSync(join(root, "v1", "maps"), { recursive: true });
    mkdirSync(join(root, "v1", "links"));
    mkdirSync(join(root, "v1", "filters"));
    const paths = [
      pins.map("counters"),
      pins.attachment("tcx", { role: "pod", ifindex: interfaceIndex(12), hook: "ingress" }),
      pins.attachment("clsact", { role: "node", ifindex: interfaceIndex(2), hook: "egress" }),
      join(root, "v1", "links", "of-somebody-else"),
    ];
    for (const path of paths) writeFileSync(path, "");
    expect(pins.maps()).toEqual(["counters"]);
    expect(pins.attachments()).toEqual([
      {
        kind: "tcx",
        path: join(root, "v1/links/pod-12-ingress"),
        role: "pod",
        ifindex: 12,
        hook: "ingress",
      },
      {
        kind: "clsact",
        path: join(root, "v1/filters/node-2-egress"),
        role: "node",
        ifindex: 2,
        hook: "egress",
      },
    ]);
  });

  it("are not made outside of a BPF file system", () => {
    const path = join(root, "deep", "er");
    expect(() => createPins(path)).toThrow(DatapathError);
    expect(() => createPins(path)).toThrow(
      `keep programs and maps in ${path}: ${root} is not a BPF file system`,
    );
  });
});

describe("a map", () => {
  it("is known by its owner to be expendable or not", () => {
    const maps = new Set([...podObject.maps, ...nodeObject.maps]);
    const kept = [...maps].filter((map) => !isExpendable(map));
    expect(kept.toSorted()).toEqual(["devices", "endpoints", "epochs"]);
  });
});
