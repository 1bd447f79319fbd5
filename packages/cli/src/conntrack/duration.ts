const units = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** Milliseconds by their two largest units, in whole seconds: `2h13m`, `59s`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const largest = units.findIndex(([, size]) => seconds >= size);
  if (largest < 0) return "0s";
  let rest = seconds;
  const parts = units.slice(largest, largest + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest %= size;
    return count === 0 ? "" : `${String(count)}${name}`;
  });
  return parts.join("");
}
