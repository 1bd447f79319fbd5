import { interfaceIndex, type IpAddress, parseIp } from "@heddle/contracts";
import type { Neighbour, NeighbourState } from "@heddle/rtnetlink";
import { createTable } from "@heddle/tables";
import { expect, it } from "vitest";
import { watchLostNeighbours } from "./lost-neighbours.ts";

const neighbours = createTable<string, Neighbour>({ name: "neighbours" });

function become(text: string, ...states: readonly NeighbourState[]): void {
  const destination = parseIp(text);
  const entry = {
    device: interfaceIndex(2),
    destination,
    proxy: false,
    flags: [],
    type: "unicast",
  } as const;
  for (const state of states) neighbours.upsert(text, { ...entry, state });
}

it("a neighbour is lost when it was resolved and fails, and once each time", () => {
  const lost: IpAddress[] = [];
  const watch = watchLostNeighbours(neighbours.changes$, ({ destination }) => {
    lost.push(destination);
  });
  become("192.0.2.1", "incomplete", "reachable", "stale", "delay", "probe");
  expect(lost).toEqual([]);
  become("192.0.2.1", "failed", "incomplete", "failed");
  expect(lost).toEqual(["192.0.2.1"]);
  become("192.0.2.1", "reachable", "failed");
  expect(lost).toEqual(["192.0.2.1", "192.0.2.1"]);
  // One that never answered, and one that the kernel forgot.
  become("192.0.2.2", "incomplete", "failed");
  become("192.0.2.3", "stale");
  neighbours.delete("192.0.2.3");
  become("192.0.2.3", "incomplete", "failed");
  expect(lost).toHaveLength(2);
  watch.unsubscribe();
});
