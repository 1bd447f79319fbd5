/** Four digits, with `k` for thousands and so on where there would be more: `144.4k`, `1234`, `6.562`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  for (const [factor, letter] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= Math.max(factor, 1e4)) return `${shorten(value / factor)}${letter}`;
  }
  return shorten(value);
}

function shorten(value: number): string {
  const digits = 3 - Math.min(3, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1))));
  return value.toFixed(digits);
}
