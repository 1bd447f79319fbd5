/** An element as it stands in a file; numbers are rounded to hundredths, as more is not seen. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escape(typeof value === "number" ? round(value) : value)}"`)
    .join("");
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join("")}</${name}>`;
}

/** A line of text. */
export function text(
  x: number,
  y: number,
  content: string,
  style = "text",
  anchor: "start" | "middle" | "end" = "start",
): string {
  return element("text", { class: style, x, y, "text-anchor": anchor }, escape(content));
}

const style = `
text { font: 12px Helvetica, Arial, sans-serif; }
.ground { fill: #ffffff; }
.text { fill: #24292f; }
.title { fill: #24292f; font-size: 14px; font-weight: bold; }
.dim { fill: #57606a; }
.bar, .dot { fill: #8da2c0; }
.bar.ours, .dot.ours { fill: #b3541e; }
.whisker { stroke: #24292f; }
.one, .span { stroke: #57606a; }
.one { stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; }
  .text, .title { fill: #e6edf3; }
  .dim { fill: #9198a1; }
  .bar, .dot { fill: #5f7ba6; }
  .bar.ours, .dot.ours { fill: #e08a4f; }
  .whisker { stroke: #e6edf3; }
  .one, .span { stroke: #9198a1; }
}
`;

/** A whole picture, for light and dark surroundings. */
export function picture(
  width: number,
  height: number,
  title: string,
  content: readonly string[],
): string {
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      role: "img",
    },
    element("title", {}, escape(title)),
    element("style", {}, style),
    element("rect", { class: "ground", width, height }),
    ...content.map((line) => `\n${line}`),
    "\n",
  )}\n`;
}

function escape(content: string): string {
  return content
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Those of our own are set off. */
export function paintOf(contestant: string): "" | " ours" {
  return contestant.startsWith("ours") ? " ours" : "";
}

/** A unit as it is written where letters are not scarce. */
export function unitOf({ unit }: { readonly unit: string }): string {
  return unit === "us" ? "µs" : unit;
}
