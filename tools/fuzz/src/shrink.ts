import type { Input } from "./target.ts";

/** Whether these packets, from a clean state, still show the failure. */
export type StillFails = (inputs: readonly Input[]) => Promise<boolean>;

/**
 * Makes a failure small: few packets, of few bytes that are not zero, with little in their contexts. Gives back what it was
 * given when that does not fail again.
 */
export async function shrink(
  inputs: readonly Input[],
  fails: StillFails,
): Promise<readonly Input[]> {
  if (!(await fails(inputs))) return inputs;
  let few = await dropPackets(inputs, fails);
  if (few.length > mostPackets) return few;
  for (let index = 0; index < few.length; index++) few = await shrinkOne(few, index, fails);
  return few;
}

/** Of more than that the bytes say little to people. */
const mostPackets = 4;

/** Takes away halves, quarters and so on, as long as it fails without them. */
async function dropPackets(all: readonly Input[], fails: StillFails): Promise<readonly Input[]> {
  let left = all;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < left.length && left.length > 1;) {
      const without = left.toSpliced(start, size);
      if (without.length > 0 && (await fails(without))) left = without;
      else start += size;
    }
  }
  return left;
}

async function shrinkOne(
  inputs: readonly Input[],
  index: number,
  fails: StillFails,
): Promise<readonly Input[]> {
  let best = inputs;
  const attempt = async (input: Input): Promise<boolean> => {
    const changed = best.with(index, input);
    if (!(await fails(changed))) return false;
    best = changed;
    return true;
  };
  const current = (): Input => best[index] ?? { frame: new Uint8Array(), context: {} };
  await simplifyContext(current, attempt);
  await cutTail(current, attempt);
  await zeroBytes(current, attempt);
  return best;
}

type Attempt = (input: Input) => Promise<boolean>;

/** The devices stay: without them it would be another place. */
async function simplifyContext(current: () => Input, attempt: Attempt): Promise<void> {
  for (const name of ["gsoSize", "gsoSegs", "mark", "priority", "cb", "wireLength"] as const) {
    const { frame, context } = current();
    if (!(name in context)) continue;
    const { [name]: _left, ...rest } = context;
    await attempt({ frame, context: rest });
  }
}

async function cutTail(current: () => Input, attempt: Attempt): Promise<void> {
  for (let size = 1024; size >= 1; size /= 2) {
    for (;;) {
      const { frame, context } = current();
      if (frame.length - size < 14) break;
      if (!(await attempt({ frame: frame.subarray(0, frame.length - size), context }))) break;
    }
  }
}

async function zeroBytes(current: () => Input, attempt: Attempt): Promise<void> {
  for (let size = 64; size >= 1; size /= 2) {
    for (let start = 0; start < current().frame.length; start += size) {
      const { frame, context } = current();
      const part = frame.subarray(start, start + size);
      if (part.every((byte) => byte === 0)) continue;
      const zeroed = frame.slice();
      zeroed.fill(0, start, start + size);
      await attempt({ frame: zeroed, context });
    }
  }
}
