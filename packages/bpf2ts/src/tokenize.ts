/** A piece of C source. Comments other than doc comments, and preprocessor lines, are left out. */
export interface Token {
  readonly kind: "doc" | "word" | "mark" | "literal";
  readonly text: string;
}

/**
 * What may stand at a place of C source, in the order it has to be tried in. A preprocessor line goes on
 * after a backslash, and comments in it may span lines.
 */
const pieces: readonly { readonly kind: Token["kind"] | "skip"; readonly pattern: RegExp }[] = [
  { kind: "skip", pattern: /\s+/y },
  { kind: "doc", pattern: /\/\*\*(?![*/])[^]*?\*\//y },
  { kind: "skip", pattern: /\/\*[^]*?(?:\*\/|$)/y },
  { kind: "skip", pattern: /\/\/(?:\\\r?\n|[^\n])*/y },
  { kind: "literal", pattern: /"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?/y },
  { kind: "word", pattern: /[A-Za-z_$][\w$]*/y },
  { kind: "literal", pattern: /\.?\d(?:[\w.]|[eEpP][+-])*/y },
  { kind: "mark", pattern: /[^]/y },
];

const directive = /#(?:\\\r?\n|\/\*[^]*?(?:\*\/|$)|[^\n])*/y;

/** Cuts C source into tokens. Never fails: what it does not know is a mark. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let offset = 0; offset < source.length;) {
    const { kind, text } = pieceAt(source, offset);
    if (kind !== "skip") tokens.push({ kind, text });
    offset += text.length;
  }
  return tokens;
}

function pieceAt(
  source: string,
  offset: number,
): { readonly kind: Token["kind"] | "skip"; readonly text: string } {
  if (source[offset] === "#" && startsLine(source, offset)) {
    return { kind: "skip", text: match(directive, source, offset) ?? "#" };
  }
  for (const { kind, pattern } of pieces) {
    const text = match(pattern, source, offset);
    if (text !== undefined) return { kind, text };
  }
  return { kind: "skip", text: source.slice(offset) };
}

function startsLine(source: string, offset: number): boolean {
  const line = source.slice(source.lastIndexOf("\n", offset - 1) + 1, offset);
  return line.trim() === "";
}

function match(pattern: RegExp, source: string, offset: number): string | undefined {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = offset;
  return sticky.exec(source)?.[0];
}
