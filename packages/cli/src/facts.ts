/** What is known of something, a line each: `Process:      7`. */
export function formatFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  return facts.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}`).join("\n");
}

/** `3 ready, 0 pending`; `-` where nothing is counted. */
export function formatCounts(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([name, count]) => `${String(count)} ${name}`);
  return texts.length === 0 ? "-" : texts.join(", ");
}
