import { type Literal, printDoc, printLiteral } from "./print.ts";

/** A declaration as it stands in each kind of file; empty where it has no place. */
export interface Part {
  readonly ts: string;
  readonly js: string;
  /** In a file of declarations beside the JavaScript. */
  readonly dts: string;
}

/** An interface or a type, with its keyword `export`. */
export function typePart(text: string): Part {
  return { ts: text, js: "", dts: text };
}

/** What only the file itself uses, and needs no types. */
export function privatePart(text: string): Part {
  return { ts: text, js: text, dts: "" };
}

/** A constant with a type. */
export interface Constant {
  readonly doc?: string | undefined;
  readonly exported: boolean;
  readonly name: string;
  readonly type: string;
  readonly value: Literal;
}

export function constantPart({ doc, exported, name, type, value }: Constant): Part {
  const comment = printDoc(doc);
  const keyword = exported ? "export const" : "const";
  const print = (head: string): string =>
    `${comment}${printLiteral(value, "", `${keyword} ${head} = `, ";")}\n`;
  return {
    ts: print(`${name}: ${type}`),
    js: print(name),
    dts: exported ? `${comment}export declare const ${name}: ${type};\n` : "",
  };
}
