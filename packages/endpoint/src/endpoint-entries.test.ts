import { interfaceIndex, type IpAddress, parseIp, parseMac } from "@heddle/contracts";
import { createMemoryMap, type KeyedMap } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { EndpointEntries, type EntryContent } from "./endpoint-entries.ts";
import type { EpochStore } from "./epoch-slots.ts";
import { type Endpoint, endpointsMap } from "./generated/bpf.ts";

interface Scene {
  readonly map: KeyedMap<IpAddress, Endpoint>;
  readonly epochs: EpochStore & { readonly values: Map<number, number> };
  readonly entries: EndpointEntries;
}

function scene(slots = 4, maxEntries = 8): Scene {
  const map = createMemoryMap({ ...endpointsMap, maxEntries });
  const values = new Map<number, number>();
  const epochs = {
    firstSlot: 1,
    lastSlot: slots,
    values,
    get: (slot: number) => values.get(slot) ?? 0,
    set: (slot: number, epoch: number) => void values.set(slot, epoch),
  };
  return { map, epochs, entries: new EndpointEntries(map, epochs) };
}

function content(ifindex: number, ...addresses: readonly string[]): EntryContent {
  return {
    ifindex: interfaceIndex(ifindex),
    mac: parseMac("02:00:00:00:00:01"),
    mtu: 1500,
    addresses: addresses.map(parseIp),
  };
}

describe("the entries of a pod", () => {
  it("are one per address, with one slot, valid at once", () => {
    const { map, epochs, entries } = scene();
    entries.write("a", content(7, "10.0.0.1", "fd00::1"));
    for (const address of ["10.0.0.1", "fd00::1"]) {
      expect(map.get(parseIp(address))).toMatchObject({ ifindex: 7, epochSlot: 1, epoch: 1 });
    }
    expect(epochs.get(1)).toBe(1);
  });

  it("keep their epoch while nothing changes, and move it on when something does", () => {
    const { map, epochs, entries } = scene();
    entries.write("a", content(7, "10.0.0.1"));
    entries.write("a", content(7, "10.0.0.1"));
    expect(epochs.get(1)).toBe(1);
    entries.write("a", { ...content(7, "10.0.0.1"), mtu: 1400 });
    expect(epochs.get(1)).toBe(2);
    expect(map.get(parseIp("10.0.0.1"))).toMatchObject({ mtu: 1400, epoch: 2 });
    const gone = entries.write("a", { ...content(7, "10.0.0.2"), mtu: 1400 });
    expect(gone).toEqual(["10.0.0.1"]);
    expect(map.has(parseIp("10.0.0.1"))).toBe(false);
    expect(map.get(parseIp("10.0.0.2"))).toMatchObject({ epochSlot: 1, epoch: 3 });
  });

  it("leave an epoch behind that makes old flows invalid, also for the slot's next owner", () => {
    const { map, epochs, entries } = scene(1);
    entries.write("a", content(7, "10.0.0.1"));
    expect(entries.remove(7)).toEqual(["10.0.0.1"]);
    expect(map.has(parseIp("10.0.0.1"))).toBe(false);
    expect(epochs.get(1)).toBe(2);
    entries.write("b", content(8, "10.0.0.1"));
    expect(map.get(parseIp("10.0.0.1"))).toMatchObject({ ifindex: 8, epochSlot: 1, epoch: 3 });
  });

  it("leave no flow valid when the process ends while they are removed, whoever comes next", async () => {
    const { map, epochs, entries } = scene();
    entries.write("a", content(7, "10.0.0.1"));
    const before = epochs.get(1);
    const seen: number[] = [];
    const ending = {
      ...map,
      get: map.get.bind(map),
      delete: () => (seen.push(epochs.get(1)), true),
    };
    const removing = new EndpointEntries({ ...ending, entries: map.entries.bind(map) }, epochs);
    await removing.restore();
    removing.remove(7);
    // Whatever was decided about the pod was made void before its entries went.
    expect(seen).toEqual([before + 1]);
    map.delete(parseIp("10.0.0.1"));
    const next = new EndpointEntries(map, epochs);
    await next.restore();
    next.write("b", content(8, "10.0.0.1"));
    expect(map.get(parseIp("10.0.0.1"))?.epoch).toBe(before + 2);
  });

  it("do not take with them what is another pod's by now", () => {
    const { map, entries } = scene();
    entries.write("a", content(7, "10.0.0.1"));
    entries.write("b", content(8, "10.0.0.1"));
    expect(entries.remove(7)).toEqual([]);
    expect(map.get(parseIp("10.0.0.1"))?.ifindex).toBe(8);
  });

  it("are taken over from the map, slot and all", async () => {
    const { map, epochs, entries } = scene();
    entries.write("a", content(7, "10.0.0.1", "fd00::1"));
    const next = new EndpointEntries(map, epochs);
    await next.restore();
    expect(next.devices()).toEqual([7]);
    next.write("a", content(7, "10.0.0.1", "fd00::1"));
    expect(epochs.get(1)).toBe(1);
    next.write("b", content(8, "10.0.0.2"));
    expect(map.get(parseIp("10.0.0.2"))?.epochSlot).toBe(2);
  });

  it("are written anew when an earlier process stopped before it moved the epoch", async () => {
    const { map, epochs, entries } = scene();
    entries.write("a", content(7, "10.0.0.1"));
    const entry = map.get(parseIp("10.0.0.1"));
    if (entry === undefined) throw new Error("no entry");
    map.set(parseIp("10.0.0.1"), { ...entry, epoch: entry.epoch + 1 });
    const next = new EndpointEntries(map, epochs);
    await next.restore();
    next.write("a", content(7, "10.0.0.1"));
    expect(map.get(parseIp("10.0.0.1"))?.epoch).toBe(epochs.get(1));
  });

  it("are refused by name when every slot is taken, or the map is full", () => {
    const slots = scene(1);
    slots.entries.write("a", content(7, "10.0.0.1"));
    expect(() => slots.entries.write("default/b", content(8, "10.0.0.2"))).toThrow(
      "connect pod default/b: the node has 1 pods already (raise the datapath's maxEndpoints)",
    );
    const full = scene(4, 1);
    full.entries.write("a", content(7, "10.0.0.1"));
    expect(() => full.entries.write("b", content(8, "10.0.0.2"))).toThrow(
      "set '10.0.0.2' map endpoints: the map is full with 1 entries",
    );
  });
});
