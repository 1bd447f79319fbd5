/**
 * The one line in which everything waits that tables, states and events tell their subscribers.
 *
 * A subscriber that writes while it is being told something is safe because of it: the write is seen
 * by readers at once, and is told to subscribers after what is being told now, to all of them in the
 * same order. It also keeps cause before effect between tables: who subscribes to two of them hears
 * of a change before he hears of what another subscriber made of it.
 *
 * What was published together is delivered together: as a wave. Derivations look at what they heard at
 * its end, so that they make nothing of the half of a transaction.
 */
let waiting: (() => void)[] = [];
/** The array that is not in use, so that no wave needs a new one. */
let spare: (() => void)[] = [];
/** Followers that have heard something in this wave, the one whose turn is next at the end. */
const behind: Follower[] = [];
let held = false;

/** Somebody who makes something of all that a wave has told him, once it is over. */
export interface Follower {
  /** Greater than the ranks of all followers that this one listens to. */
  readonly rank: number;
  catchUp(): void;
}

/** Runs `delivery` as soon as everything published before it has been delivered: now, unless held. */
export function publish(delivery: () => void): void {
  waiting.push(delivery);
  if (!held) hold(() => undefined);
}

/** Has the follower catch up at the end of the wave: now, unless held. Once per wave is enough. */
export function followUp(follower: Follower): void {
  let index = behind.length;
  while ((behind[index - 1]?.rank ?? Infinity) < follower.rank) index--;
  if (index === behind.length) behind.push(follower);
  else behind.splice(index, 0, follower);
  if (!held) hold(() => undefined);
}

/** Runs `body`; what is published meanwhile is delivered afterwards, as one wave. `body` sees no delivery. */
export function hold<T>(body: () => T): T {
  if (held) return body();
  held = true;
  try {
    return body();
  } finally {
    deliverAll();
  }
}

/** A wave makes the next one: the loop ends when it has caught up. */
function deliverAll(): void {
  try {
    while (waiting.length > 0 || behind.length > 0) {
      const wave = waiting;
      waiting = spare;
      spare = wave;
      for (const delivery of wave) delivery();
      wave.length = 0;
      for (let next = behind.pop(); next !== undefined; next = behind.pop()) next.catchUp();
    }
  } finally {
    waiting.length = 0;
    spare.length = 0;
    behind.length = 0;
    held = false;
  }
}
