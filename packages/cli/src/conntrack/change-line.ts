import { timeOfDay } from "../flow-line.ts";
import type { Colour, Paint } from "../paint.ts";
import { formatDirections, formatEnds, translatedSource } from "./connection-columns.ts";
import type { ConnectionChange } from "./connection-watch.ts";
import { formatDuration } from "./duration.ts";

const colours: Readonly<Record<ConnectionChange["kind"], Colour>> = {
  new: "green",
  changed: "cyan",
  removed: "yellow",
};

/** Characters of `changed` and `removed`, so that what follows begins in one column. */
const longestKind = 7;

/**
 * What became of a connection in one line:
 * `12:03:04.567 removed tcp 10.0.1.5:34512 > 10.0.2.7:80 expired in closing after 12s, 6/4 packets, 600/400 bytes`.
 */
export function formatChange(change: ConnectionChange, paint: Paint): string {
  const { kind, time, connection } = change;
  const translated = translatedSource(connection);
  return [
    paint("dim", timeOfDay(time)),
    paint(colours[kind], kind.padEnd(longestKind)),
    formatEnds(connection.original),
    ...(translated === undefined ? [] : [`as ${translated}`]),
    ...(connection.scope === "service" ? ["of a service"] : []),
    describe(change),
  ].join(" ");
}

function describe(change: ConnectionChange): string {
  const { state, age, packets, bytes } = change.connection;
  if (change.kind === "new") return state;
  if (change.kind === "changed") return `${change.was} -> ${state}`;
  return [
    `${change.reason ?? "gone"} in ${state} after ${formatDuration(age)}`,
    `${formatDirections(packets)} packets`,
    `${formatDirections(bytes)} bytes`,
  ].join(", ");
}
