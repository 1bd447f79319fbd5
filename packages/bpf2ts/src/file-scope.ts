import { conflict } from "./bpf2ts-error.ts";
import type { ImportedName } from "./config.ts";
import type { ScalarCodec, TypeModel } from "./model.ts";
import { camelCase, isIdentifier, languageNames } from "./names.ts";
import type { Part } from "./part.ts";

/** The package that generated code runs on. */
const runtime = "libbpf-napi";

/** The names of one generated file: what it declares, and what it imports as it turns out to need it. */
export interface FileScope {
  /** Reserves a name of the file's own. @throws {Bpf2tsError} `conflict` when it is taken */
  declare(name: string, subject: string): string;
  /** The name of an import, which is remembered. */
  value(imported: ImportedName): string;
  type(imported: ImportedName): string;
  /** A type of the run time: `MapSpec`. */
  runtimeType(name: string): string;
  /** A value of the run time: `u32`. */
  runtimeValue(name: string): string;
  /** How a type is written in TypeScript. */
  typeOf(model: TypeModel): string;
  /** The expression of a type's codec. */
  codecOf(model: TypeModel): string;
  /** The declarations that codecs named since the last call need in front of them. */
  takeConstants(): string;
  /** The import statements of a kind of file. */
  imports(kind: keyof Part): string;
}

export function createFileScope(): FileScope {
  return new Scope();
}

interface Import extends ImportedName {
  readonly isType: boolean;
}

class Scope implements FileScope {
  /** Starts with the globals that generated code uses. */
  readonly #declared = new Map(languageNames.map((name) => [name, "a global of the language"]));
  readonly #imports = new Map<string, Import>();
  readonly #constants = new Map<string, string>();
  #pending: string[] = [];

  declare(name: string, subject: string): string {
    if (!isIdentifier(name))
      throw conflict(subject, `\`${name}\` is no name in TypeScript`, "rename it");
    const other = this.#declared.get(name);
    if (other !== undefined) {
      throw conflict(subject, `${other} is called \`${name}\` in TypeScript too`, "rename one");
    }
    this.#declared.set(name, subject);
    return name;
  }

  value(imported: ImportedName): string {
    return this.#import({ ...imported, isType: false });
  }

  type(imported: ImportedName): string {
    return this.#import({ ...imported, isType: true });
  }

  runtimeType(name: string): string {
    return this.type({ name, from: runtime });
  }

  runtimeValue(name: string): string {
    return this.value({ name, from: runtime });
  }

  #import(imported: Import): string {
    const { name, from } = imported;
    if (!this.#imports.has(name)) {
      this.declare(name, `the import from ${from}`);
      this.#imports.set(name, imported);
    }
    return name;
  }

  typeOf(model: TypeModel): string {
    if (model.kind === "scalar") return scalarType(model.codec);
    if (model.kind === "enum") return model.enum.tsName;
    if (model.kind === "struct") return model.struct.tsName;
    if (model.kind === "text") return "string";
    if (model.kind === "bytes" || model.kind === "record") return "Uint8Array";
    if (model.kind === "bitfield") return "number";
    if (model.kind === "domain") {
      const { type } = model.domain;
      return typeof type === "string" ? type : this.type(type);
    }
    const element = this.typeOf(model.element);
    return `readonly ${element.includes(" ") ? `(${element})` : element}[]`;
  }

  codecOf(model: TypeModel): string {
    if (model.kind === "scalar") return this.runtimeValue(model.codec);
    if (model.kind === "enum") return this.runtimeValue(model.enum.codec);
    if (model.kind === "record") return this.runtimeValue("wholeRecord");
    if (model.kind === "struct") return `${camelCase(model.struct.cName)}Codec`;
    if (model.kind === "domain") return this.value(model.domain.codec);
    if (model.kind === "bitfield") {
      const { first, count, signed } = model;
      const args = [String(first), String(count), ...(signed ? ["true"] : [])];
      const name = `${signed ? "signedBits" : "bits"}${String(first)}to${String(first + count - 1)}`;
      return this.#constant(name, "bitfield", args);
    }
    const length = String(model.length);
    if (model.kind !== "array") return this.#constant(model.kind + length, model.kind, [length]);
    const element = this.codecOf(model.element);
    return this.#constant(`${element}x${length}`, "arrayOf", [element, length]);
  }

  /** A codec that a function of the run time makes, made once per file. */
  #constant(name: string, maker: string, args: readonly string[]): string {
    if (this.#constants.has(name)) return name;
    const expression = `${this.value({ name: maker, from: runtime })}(${args.join(", ")})`;
    this.declare(name, `the codec ${expression}`);
    this.#constants.set(name, expression);
    this.#pending.push(`const ${name} = ${expression};\n`);
    return name;
  }

  takeConstants(): string {
    const lines = this.#pending;
    this.#pending = [];
    return lines.join("");
  }

  imports(kind: keyof Part): string {
    const needed = [...this.#imports.values()].filter(
      ({ isType }) => kind === "ts" || isType === (kind === "dts"),
    );
    const groups = Map.groupBy(needed, ({ from }) => from);
    return [...groups]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([from, names]) => printImport(from, names))
      .join("");
  }
}

function scalarType(codec: ScalarCodec): string {
  if (codec === "bool") return "boolean";
  return codec.includes("64") && !codec.startsWith("f") ? "bigint" : "number";
}

function printImport(from: string, imports: readonly Import[]): string {
  const sorted = imports.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const onlyTypes = sorted.every(({ isType }) => isType);
  const names = sorted.map(({ name, isType }) => (isType && !onlyTypes ? `type ${name}` : name));
  const keyword = onlyTypes ? "import type" : "import";
  const flat = `${keyword} { ${names.join(", ")} } from "${from}";\n`;
  if (flat.length <= 101) return flat;
  return `${keyword} {\n${names.map((name) => `  ${name},\n`).join("")}} from "${from}";\n`;
}
