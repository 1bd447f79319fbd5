import type { ChangeStream } from "@heddle/contracts";
import { firstValueFrom, map, scan, skipWhile } from "rxjs";

/** Resolves as soon as so many entries of a collection are as they should be. */
export async function untilMany<K, V>(
  changes$: ChangeStream<K, V>,
  count: number,
  isRight: (value: V) => boolean,
): Promise<void> {
  const right$ = changes$.pipe(
    scan((right, change) => {
      if (change.kind === "upsert" && isRight(change.value)) right.add(change.key);
      else if (change.kind !== "synced") right.delete(change.key);
      return right;
    }, new Set<K>()),
    map(({ size }) => size),
  );
  await firstValueFrom(right$.pipe(skipWhile((size) => size < count)));
}
