import { describe, expect, it } from "vitest";
import { drawPath } from "./draw-path.ts";
import { paths } from "./paths.ts";

const stations = paths.flatMap(({ places }) => places.flatMap((place) => place.stations));

describe("a picture of a path", () => {
  it.each(paths)("$name has every station, in order, and an arrow between any two", (path) => {
    const svg = drawPath(path);
    const own = path.places.flatMap((place) => place.stations);
    const names = [...svg.matchAll(/class="(?:name|on-device)" [^>]*"middle">([^<]*)</g)];
    expect(names.map((match) => match[1])).toEqual(own.map(({ name }) => name));
    expect(svg.match(/marker-end/g)).toHaveLength(own.length - 1);
  });

  it("says what is on it in words that XML takes", () => {
    const title = "a < b & c";
    const places = [{ name: "x", stations: [{ kind: "pod", name: "p" } as const] }];
    expect(drawPath({ name: "n", title, places })).toContain("<title>a &lt; b &amp; c</title>");
  });

  it("has lines that fit below their stations", () => {
    const lines = stations.flatMap(({ notes = [] }) => notes);
    expect(lines.filter((line) => line.length > 22)).toEqual([]);
  });
});
