/*
 * TypeScript source as text, in the layout that the formatter would give it: two spaces, lines of up to
 * 100 characters, one element per line once a literal does not fit.
 */

const lineWidth = 100;

/** An object or array literal; texts are expressions. */
export type Literal = string | readonly Literal[] | { readonly [key: string]: Literal };

/** A string literal. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** `prefix literal suffix`, on one line when it fits there. */
export function printLiteral(literal: Literal, indent: string, prefix = "", suffix = ""): string {
  const flat = indent + prefix + flatLiteral(literal) + suffix;
  if (typeof literal === "string" || (flat.length <= lineWidth && !mustBreak(literal))) return flat;
  const deeper = `${indent}  `;
  const [open, close] = isList(literal) ? ["[", "]"] : ["{", "}"];
  const lines = isList(literal)
    ? literal.map((item) => printLiteral(item, deeper, "", ","))
    : Object.entries(literal).map(([key, value]) => printLiteral(value, deeper, `${key}: `, ","));
  return [`${indent}${prefix}${open}`, ...lines, `${indent}${close}${suffix}`].join("\n");
}

function flatLiteral(literal: Literal): string {
  if (typeof literal === "string") return literal;
  if (isList(literal)) return `[${literal.map(flatLiteral).join(", ")}]`;
  const entries = Object.entries(literal).map(([key, value]) => `${key}: ${flatLiteral(value)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** The formatter puts the elements of a table on lines of their own: several, each with several parts. */
function mustBreak(literal: Literal): boolean {
  if (typeof literal === "string") return false;
  if (!isList(literal)) return Object.values(literal).some(mustBreak);
  const isTable =
    literal.length > 1 &&
    literal.every((item) => typeof item !== "string" && Object.keys(item).length > 1);
  return isTable || literal.some(mustBreak);
}

function isList(literal: Exclude<Literal, string>): literal is readonly Literal[] {
  return Array.isArray(literal);
}

/** A call as a statement, with its arguments on lines of their own when it does not fit on one. */
export function printCall(indent: string, callee: string, args: readonly string[]): string {
  const flat = `${indent}${callee}(${args.join(", ")});`;
  if (flat.length <= lineWidth) return flat;
  const lines = args.map((arg) => `${indent}  ${arg},`);
  return [`${indent}${callee}(`, ...lines, `${indent});`].join("\n");
}

/** A text with further paragraphs, as far as there are any. */
export function withNote(
  text: string | undefined,
  ...notes: readonly (string | undefined)[]
): string | undefined {
  const said = [text, ...notes].filter((each) => each !== undefined && each !== "");
  return said.length === 0 ? undefined : said.join("\n\n");
}

/** A doc comment in front of what follows, or nothing. */
export function printDoc(text: string | undefined, indent = ""): string {
  if (text === undefined || text === "") return "";
  const lines = text.replaceAll("*/", "*\\/").split("\n");
  const [first = ""] = lines;
  if (lines.length === 1) return `${indent}/** ${first} */\n`;
  const body = lines.map((line) => `${indent} *${line === "" ? "" : ` ${line}`}\n`).join("");
  return `${indent}/**\n${body}${indent} */\n`;
}
