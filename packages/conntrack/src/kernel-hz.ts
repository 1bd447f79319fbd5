import { setTimeout } from "node:timers/promises";
import type { Walk } from "./table-walk.ts";

/** What kernels are configured with. */
const usual = [100, 250, 300, 1000] as const;

/** Milliseconds that jiffies are counted for. */
const period = 200;

/** Jiffies in a second: what the kernel says, or else what comes next to what was counted. */
export async function findHz(
  walk: () => Promise<Pick<Walk, "hz" | "now" | "time">>,
  wait: (milliseconds: number) => Promise<unknown> = setTimeout,
): Promise<number> {
  const first = await walk();
  if (first.hz > 0) return first.hz;
  await wait(period);
  const second = await walk();
  return nearestHz(second.now - first.now, second.time - first.time);
}

/** The usual number that is nearest to so many jiffies in so many nanoseconds. */
export function nearestHz(jiffies: bigint, nanoseconds: bigint): number {
  const counted = (Number(jiffies) * nanosecondsPerSecond) / Number(nanoseconds);
  const distance = (hz: number): number => Math.abs(Math.log(hz / counted));
  return usual.reduce((best, hz) => (distance(hz) < distance(best) ? hz : best));
}

const nanosecondsPerSecond = 1e9;
