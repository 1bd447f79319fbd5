/**
 * The one line in which everything waits that tables, states and events tell their subscribers.
 *
 * A subscriber that writes while it is being told something is safe because of it: the write is seen
 * by readers at once, and is told to subscribers after what is being told now, to all of them in the
 * same order. It also keeps cause before effect between tables: who subscribes to two of them hears
 * of a change before he hears of what another subscriber made of it.
 */
const waiting: (() => void)[] = [];
let held = false;

/** Runs `delivery` as soon as everything published before it has been delivered: now, unless held. */
export function publish(delivery: () => void): void {
  waiting.push(delivery);
  if (!held) hold(() => undefined);
}

/** Runs `body`; what is published meanwhile is delivered afterwards. `body` sees no delivery. */
export function hold<T>(body: () => T): T {
  if (held) return body();
  held = true;
  try {
    return body();
  } finally {
    deliverAll();
  }
}

/** Deliveries publish more of them: the loop ends when it has caught up. */
function deliverAll(): void {
  try {
    for (const delivery of waiting) delivery();
  } finally {
    waiting.length = 0;
    held = false;
  }
}
