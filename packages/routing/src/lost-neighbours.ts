import type { ChangeStream } from "@heddle/contracts";
import type { Neighbour, NeighbourState } from "@heddle/rtnetlink";
import type { Subscription } from "rxjs";

/** States in which the kernel has an address to send to (`NUD_VALID` of include/net/neighbour.h). */
const resolved: ReadonlySet<NeighbourState> = new Set<NeighbourState>([
  "reachable",
  "stale",
  "delay",
  "probe",
  "noarp",
  "permanent",
]);

/**
 * Tells when a neighbour that was there does not answer any more. One that never answered is not told of:
 * whoever asks for many such addresses would else have all flows decided anew again and again.
 */
export function watchLostNeighbours(
  neighbours$: ChangeStream<string, Neighbour>,
  lost: (neighbour: Neighbour) => void,
): Subscription {
  const known = new Set<string>();
  return neighbours$.subscribe((change) => {
    if (change.kind === "synced") return;
    if (change.kind === "delete") known.delete(change.key);
    else if (resolved.has(change.value.state)) known.add(change.key);
    else if (change.value.state === "failed" && known.delete(change.key)) lost(change.value);
  });
}
