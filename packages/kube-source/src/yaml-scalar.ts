/** What a scalar can mean in JSON. */
export type ScalarValue = boolean | number | string | null;

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...spellings(["y", "yes", "true", "on"], true),
  ...spellings(["n", "no", "false", "off"], false),
  ...spellings(["null"], null),
  ["", null],
  ["~", null],
  ...spellings([".inf", "+.inf"], Infinity),
  ...spellings(["-.inf"], -Infinity),
  ...[".nan", ".NaN", ".NAN"].map((text): [string, ScalarValue] => [text, Number.NaN]),
]);

/**
 * What an unquoted scalar means to kubectl.
 *
 * kubectl reads YAML with sigs.k8s.io/yaml, that is go.yaml.in/yaml/v2: YAML 1.1 with its `yes`, `no`, `on`,
 * `off` and octal `0755`, but without sexagesimal numbers (`22:22` is a string) and without timestamps. It
 * also reads the `0o755` of YAML 1.2. Reading a manifest in any other way would give it two meanings.
 */
export function resolvePlain(text: string): ScalarValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  return readInteger(digits) ?? readFloat(digits) ?? text;
}

function readInteger(text: string): number | undefined {
  const { sign, digits } = /^(?<sign>[-+]?)(?<digits>.*)$/s.exec(text)?.groups ?? {};
  if (digits === undefined) return undefined;
  const magnitude = readMagnitude(digits.toLowerCase());
  return sign === "-" && magnitude !== undefined ? 0 - magnitude : magnitude;
}

function readMagnitude(digits: string): number | undefined {
  if (/^(?:0|[1-9][0-9]*|0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/.test(digits)) return Number(digits);
  return /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function readFloat(text: string): number | undefined {
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Each word in lower case, with a capital, and in capitals. */
function spellings(lower: readonly string[], value: ScalarValue): [string, ScalarValue][] {
  return lower.flatMap((word) => {
    const capital = word.replace(/[a-z]/, (letter) => letter.toUpperCase());
    return [word, capital, word.toUpperCase()].map((text): [string, ScalarValue] => [text, value]);
  });
}
