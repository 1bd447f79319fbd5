import {
  CounterBound,
  countersMap,
  EpochSlot,
  epochSlotName,
  epochsMap,
  eventBudgetsMap,
  eventClassName,
  eventSwitchMap,
  hookName,
  reasonName,
} from "@heddle/datapath/bpf";

/** What an index of an array means, where it is more than a number. */
export function nameIndex(map: string, index: unknown): unknown {
  return typeof index === "number" ? (names[map]?.(index) ?? index) : index;
}

const names: Readonly<Record<string, (index: number) => unknown>> = {
  [countersMap.name]: (index) => {
    const hook = hookName(Math.floor(index / CounterBound.reasons));
    const reason = reasonName(index % CounterBound.reasons);
    return hook === undefined || reason === undefined ? undefined : { hook, reason };
  },
  [epochsMap.name]: (slot) => (slot < EpochSlot.endpoints ? epochSlotName(slot) : undefined),
  [eventBudgetsMap.name]: eventClassName,
  [eventSwitchMap.name]: eventClassName,
};
