import type { Token } from "./tokenize.ts";

/** A doc comment and what it stands in front of: `type endpoint`, `field endpoint.mac`, `symbol endpoints`. */
export interface DocumentedName {
  readonly key: string;
  readonly doc: string;
}

/** A declaration: its tokens up to the `;` or the function body, and the comment in front. */
interface Declaration {
  readonly doc: string | undefined;
  readonly tokens: readonly Token[];
}

/** Pairs the doc comments of a file with the names that they describe. */
export function documentedNames(tokens: readonly Token[]): readonly DocumentedName[] {
  const found = declarations(tokens);
  return [...found.flatMap(ownName), ...found.flatMap(bodyNames)];
}

/** Cuts at every `;` outside of brackets, and after a function's body. */
function declarations(tokens: readonly Token[]): readonly Declaration[] {
  const found: Declaration[] = [];
  let doc: string | undefined;
  let current: Token[] = [];
  let depth = 0;
  let isFunction = false;
  for (const token of tokens) {
    if (token.kind === "doc" && current.length === 0) {
      doc = cleanDoc(token.text);
      continue;
    }
    if (depth === 0 && token.text === "{") isFunction = current.at(-1)?.text === ")";
    depth += depthChange(token);
    current.push(token);
    const ends = token.text === ";" || (token.text === "}" && isFunction);
    if (depth > 0 || !ends) continue;
    found.push({ doc, tokens: current });
    [doc, current, depth, isFunction] = [undefined, [], 0, false];
  }
  return found;
}

function depthChange({ kind, text }: Token): number {
  if (kind !== "mark") return 0;
  if ("([{".includes(text)) return 1;
  return ")]}".includes(text) ? -1 : 0;
}

const tagWords = new Set(["struct", "union", "enum"]);

/** The tagged type that a declaration defines: `enum hook { ... }`. */
interface Definition {
  readonly keyword: string;
  readonly tag: string;
  readonly body: readonly Token[];
  readonly after: readonly Token[];
}

function definitionOf({ tokens }: Declaration): Definition | undefined {
  const open = tokens.findIndex((token) => token.text === "{");
  const head = tokens.slice(0, Math.max(0, open)).filter((token) => token.kind !== "doc");
  const at = head.findLastIndex((token) => tagWords.has(token.text));
  const keyword = head[at]?.text;
  if (keyword === undefined || head.at(-1)?.text === ")" || head.at(-1)?.text === "=") {
    return undefined;
  }
  const close = closing(tokens, open);
  const after = tokens.slice(close + 1);
  const isTypedef = head[0]?.text === "typedef";
  const tag = withoutMacros(head.slice(at + 1)).find((token) => token.kind === "word")?.text;
  const alias = isTypedef ? declaredName(after) : undefined;
  return { keyword, tag: tag ?? alias ?? "", body: tokens.slice(open + 1, close), after };
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index];
    depth += token === undefined ? 0 : depthChange(token);
    if (depth === 0) return index;
  }
  return tokens.length;
}

function ownName(declaration: Declaration): readonly DocumentedName[] {
  const { doc, tokens } = declaration;
  if (doc === undefined) return [];
  const definition = definitionOf(declaration);
  if (definition !== undefined && definition.tag !== "") {
    return [{ key: `type ${definition.tag}`, doc }];
  }
  const name = declaredName(definition?.after ?? tokens);
  const kind = tokens[0]?.text === "typedef" ? "type" : "symbol";
  return name === undefined ? [] : [{ key: `${kind} ${name}`, doc }];
}

/**
 * The name that a declarator declares: the last word before the first of `(`, `[`, `=`, `:` and the end.
 * Macros and attributes with arguments, in capitals or underscores as they are, do not count.
 */
function declaredName(tokens: readonly Token[]): string | undefined {
  const plain = withoutMacros(tokens);
  const end = plain.findIndex(({ kind, text }) => kind === "mark" && "([=:;,{".includes(text));
  return plain.slice(0, end < 0 ? plain.length : end).findLast(({ kind }) => kind === "word")?.text;
}

function withoutMacros(tokens: readonly Token[]): readonly Token[] {
  const plain: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    const isMacro = token.kind === "word" && /^(?:[A-Z][A-Z0-9_]*|__\w+)$/.test(token.text);
    if (isMacro && tokens[index + 1]?.text === "(") index = closing(tokens, index + 1);
    else plain.push(token);
  }
  return plain;
}

function bodyNames(declaration: Declaration): readonly DocumentedName[] {
  const definition = definitionOf(declaration);
  if (definition === undefined) return [];
  const { keyword, tag, body } = definition;
  if (keyword === "enum") return enumeratorsOf(body);
  const members = declarations(body);
  const fields = members.flatMap((member) => fieldName(tag, member));
  return [...fields, ...members.flatMap(bodyNames)];
}

function fieldName(tag: string, member: Declaration): readonly DocumentedName[] {
  const name = declaredName(definitionOf(member)?.after ?? member.tokens);
  if (member.doc === undefined || name === undefined) return [];
  return [{ key: `field ${tag}.${name}`, doc: member.doc }];
}

/** A comment stands in front of its enumerator, after a comma or the brace. */
function enumeratorsOf(body: readonly Token[]): readonly DocumentedName[] {
  return body.flatMap((token, index) => {
    const next = body[index + 1];
    if (token.kind !== "doc" || next?.kind !== "word") return [];
    return [{ key: `enumerator ${next.text}`, doc: cleanDoc(token.text) }];
  });
}

/** The text of a doc comment without its marks and the stars at the beginnings of lines. */
function cleanDoc(comment: string): string {
  const lines = comment
    .slice("/**".length, -"*/".length)
    .split("\n")
    .map((line, index) => (index === 0 ? line.trim() : line.replace(/^\s*\* ?/, "").trimEnd()));
  return lines.join("\n").trim();
}
