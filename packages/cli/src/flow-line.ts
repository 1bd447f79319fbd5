import type { FlowLine, FlowLineEnd } from "@heddle/agent/client";
import type { Colour, Paint } from "./paint.ts";

const outcomeColours: Readonly<Record<string, Colour>> = {
  forwarded: "green",
  stack: "cyan",
  dropped: "red",
};

/**
 * What became of a packet in one line:
 * `12:03:04.567 dropped   spoofedAddress   default/web:34512 -> 192.0.2.1:80 TCP SYN at hd1 fromPod of default/web`.
 */
export function formatFlow(line: FlowLine, paint: Paint): string {
  const { time, outcome, reason = "-", device, hook = "-", pod } = line;
  const colour = outcomeColours[outcome] ?? "yellow";
  return [
    paint("dim", timeOfDay(time)),
    paint(colour, outcome.padEnd(longestOutcome)),
    paint(colour, reason.padEnd(longestReason)),
    describe(line),
    paint("dim", `at ${device} ${hook}${pod === undefined ? "" : ` of ${pod}`}`),
  ].join(" ");
}

/** Characters of `forwarded` and `extensionHeaders`, so that what follows begins in one column. */
const longestOutcome = 9;
const longestReason = 16;

/** Who sent what to whom. The summary begins with the addresses, in whose place names are better. */
function describe({ source, destination, summary }: FlowLine): string {
  if (source === undefined || destination === undefined) return summary;
  const addresses = `${formatEnd(source.address, source.port)} > ${formatEnd(destination.address, destination.port)} `;
  const rest = summary.startsWith(addresses) ? summary.slice(addresses.length) : summary;
  return `${nameOf(source)} -> ${nameOf(destination)} ${rest}`;
}

function nameOf({ name, address, port }: FlowLineEnd): string {
  return formatEnd(name ?? address, port);
}

/** An address with a port as packets' summaries write it. */
export function formatEnd(host: string, port: number | undefined): string {
  if (port === undefined) return host;
  return `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

/** Of RFC 3339, `12:03:04.567`: here, not in Greenwich. */
export function timeOfDay(time: string): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
