import type { Change, ChangeStream, InterfaceIndex } from "@heddle/contracts";
import type { Subscription } from "rxjs";
import type { Address } from "../address/address.ts";
import type { Link } from "../link/link.ts";
import type { Message } from "../netlink/message.ts";
import { rtm } from "../netlink/rtm.ts";

/**
 * Calls `doubt` when routes may have changed without an event.
 *
 * The kernel removes IPv4 routes with a device that goes down or is deleted, and before Linux 6.7 those
 * with a preferred source that is deleted, and says nothing; it marks the next hops of a device
 * without carrier, too. So a device's end and a change of its state put the routes in doubt.
 */
export function routeDoubts(
  links$: ChangeStream<InterfaceIndex, Link>,
  addresses$: ChangeStream<string, Address>,
  doubt: () => void,
): Subscription {
  const states = new Map<InterfaceIndex, string>();
  const subscription = links$.subscribe((change) => {
    if (changesState(states, change)) doubt();
  });
  subscription.add(
    addresses$.subscribe((change) => {
      if (change.kind === "delete") doubt();
    }),
  );
  return subscription;
}

/** Whether routes may change with the message without an event: they do with the next hop object that they use. */
export function isNextHopEvent(message: Message): boolean {
  return message.type === rtm.newNextHop || message.type === rtm.deleteNextHop;
}

function changesState(
  states: Map<InterfaceIndex, string>,
  change: Change<InterfaceIndex, Link>,
): boolean {
  if (change.kind === "synced") return false;
  if (change.kind === "delete") return states.delete(change.key);
  const state = change.value.flags.filter((flag) => flag === "up" || flag === "lower-up").join();
  const before = states.get(change.key);
  states.set(change.key, state);
  return before !== undefined && before !== state;
}
