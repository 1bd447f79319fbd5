import type { SkbContext } from "libbpf-napi";
import type { Random } from "./random.ts";

const gsoSizes = [1, 8, 100, 536, 1220, 1400, 1448, 0xffff] as const;

/** A context of the target, now and then with what buffers of real devices have beside their bytes. */
export function chooseContext(random: Random, contexts: readonly SkbContext[]): SkbContext {
  const context = random.pick(contexts);
  if (random.chance(0.75)) return context;
  return {
    ...context,
    ...(random.chance(0.5) ? { gsoSize: random.pick(gsoSizes), gsoSegs: random.below(50) } : {}),
    ...(random.chance(0.3) ? { mark: random.below(2 ** 32) } : {}),
    ...(random.chance(0.3) ? { priority: random.below(2 ** 32) } : {}),
    ...(random.chance(0.3) ? { cb: [random.below(2 ** 32), random.below(2 ** 32)] } : {}),
    ...(random.chance(0.1) ? { wireLength: random.below(0x10000) } : {}),
  };
}
