import type { PacketPath, Place, Station } from "./packet-path.ts";

/** Measures in units of the picture. */
const station = { width: 132, height: 40 };
const gap = 104;
const margin = { side: 20, top: 64, place: 16 };
const line = 17;

/** A station with its left edge. */
interface Placed {
  readonly station: Station;
  readonly left: number;
}

/** A place with its edges. */
interface Frame {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly stations: readonly Placed[];
}

const style = `
    .ground { fill: #ffffff; }
    .place { fill: #f4f6fa; stroke: #8a97ad; }
    .pod, .host { fill: #ffffff; stroke: #35507d; }
    .device { fill: #35507d; }
    .kernel { fill: #fff6ea; stroke: #b3541e; }
    .name { fill: #1d2a40; font-weight: bold; }
    .on-device { fill: #ffffff; }
    .text { fill: #44516a; font-size: 12px; }
    .program { fill: #b3541e; font-family: Menlo, Consolas, monospace; font-size: 13px; }
    .way { fill: none; stroke: #b3541e; stroke-width: 3; }`;

const arrow =
  '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="5" markerHeight="5" orient="auto">' +
  '<path d="M0 0 10 5 0 10z" fill="#b3541e" /></marker>';

/** The picture of a path, as SVG. */
export function drawPath(path: PacketPath): string {
  const frames = layOut(path.places);
  const stations = frames.flatMap((frame) => frame.stations);
  const width = (frames.at(-1)?.right ?? 0) + margin.side;
  const height = margin.top + station.height + rowsBelow(stations) * line + 2 * margin.place + 8;
  const bottom = height - margin.side;
  const font = 'font-family="Helvetica, Arial, sans-serif" font-size="14"';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" ${font}>`,
    `<title>${escaped(path.title)}</title>`,
    `<style>${style}\n</style>`,
    `<defs>${arrow}</defs>`,
    rectangle("ground", 0, 0, width, height, 0),
    ...frames.flatMap((frame) => drawFrame(frame, bottom)),
    ...stations.flatMap(drawStation),
    ...stations.flatMap((from, index) => drawWay(from, stations[index + 1])),
    "</svg>\n",
  ].join("\n");
}

function layOut(places: readonly Place[]): readonly Frame[] {
  let left = margin.side;
  return places.map(({ name, stations }) => {
    const start = left;
    left += margin.place;
    const placed = stations.map((each) => {
      const one = { station: each, left };
      left += station.width + gap;
      return one;
    });
    const right = left - gap + margin.place;
    left = right + gap - margin.place;
    return { name, left: start, right, stations: placed };
  });
}

function rowsBelow(stations: readonly Placed[]): number {
  return Math.max(1, ...stations.map((placed) => linesBelow(placed.station).length));
}

/** What is written below a station. */
function linesBelow({ program, notes = [] }: Station) {
  return [
    ...(program === undefined ? [] : [{ look: "program", words: program }]),
    ...notes.map((words) => ({ look: "text", words })),
  ];
}

function drawFrame({ name, left, right }: Frame, bottom: number): readonly string[] {
  const top = margin.side;
  return [
    rectangle("place", left, top, right - left, bottom - top, 10),
    text("name", left + margin.place, top + 26, "start", name),
  ];
}

function drawStation({ station: drawn, left }: Placed): readonly string[] {
  const { kind, name } = drawn;
  const middle = left + station.width / 2;
  const top = margin.top + station.height + 4;
  return [
    rectangle(kind, left, margin.top, station.width, station.height, 6),
    text(kind === "device" ? "on-device" : "name", middle, margin.top + 25, "middle", name),
    ...linesBelow(drawn).map(({ look, words }, row) =>
      text(look, middle, top + (row + 1) * line, "middle", words),
    ),
  ];
}

/** The arrow to the next station, and what takes the packet there. */
function drawWay(
  { station: { onward }, left }: Placed,
  next: Placed | undefined,
): readonly string[] {
  if (next === undefined || onward === undefined) return [];
  const [start, end] = [left + station.width + 2, next.left - 2];
  const middle = margin.top + station.height / 2;
  return [
    `<path class="way" d="M${String(start)} ${String(middle)} H${String(end)}" marker-end="url(#head)" />`,
    text("text", (start + end) / 2, middle - 8, "middle", onward),
  ];
}

function rectangle(
  look: string,
  left: number,
  top: number,
  width: number,
  height: number,
  radius: number,
): string {
  const place = `x="${String(left)}" y="${String(top)}" width="${String(width)}" height="${String(height)}"`;
  return `<rect class="${look}" ${place} rx="${String(radius)}" />`;
}

function text(look: string, x: number, y: number, anchor: string, words: string): string {
  const place = `x="${String(x)}" y="${String(y)}" text-anchor="${anchor}"`;
  return `<text class="${look}" ${place}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
