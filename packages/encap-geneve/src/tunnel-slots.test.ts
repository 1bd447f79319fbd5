import { type IpAddress, parseIp } from "@heddle/contracts";
import { createMemoryMap } from "libbpf-napi";
import { describe, expect, it } from "vitest";
import { tunnelsMap } from "./generated/bpf.ts";
import { TunnelSlots } from "./tunnel-slots.ts";

const address = (number: number): IpAddress => parseIp(`192.0.2.${String(number)}`);

describe("slots of tunnels", () => {
  it("are the same for an address for as long as anything refers to it, and written before they are given", () => {
    const map = createMemoryMap(tunnelsMap);
    const slots = new TunnelSlots(map);
    const slot = slots.take(address(1));
    expect(slot).toBe(1);
    expect(map.get(slot)).toEqual({ peer: address(1), mtu: 0, expires: 0n });
    expect(slots.take(address(1))).toBe(slot);
    expect(slots.take(address(2))).toBe(2);
    slots.release(address(1));
    expect(slots.leads(slot, address(1))).toBe(true);
    slots.release(address(1));
    expect(slots.leads(slot, address(1))).toBe(false);
    slots.release(address(1));
  });

  it("are given to another as late as possible", () => {
    const slots = new TunnelSlots(createMemoryMap({ ...tunnelsMap, maxEntries: 4 }));
    expect([1, 2].map((number) => slots.take(address(number)))).toEqual([1, 2]);
    slots.release(address(1));
    expect([3, 4].map((number) => slots.take(address(number)))).toEqual([3, 1]);
    expect(() => slots.take(address(5))).toThrow(
      "make tunnel to 192.0.2.5: there are tunnels to 3 other nodes already",
    );
  });

  it("of an earlier process are kept", () => {
    const map = createMemoryMap(tunnelsMap);
    map.set(7, { peer: address(1), mtu: 0, expires: 0n });
    const slots = new TunnelSlots(map);
    expect(slots.restore(7)).toBe(address(1));
    expect(slots.restore(7)).toBe(address(1));
    expect(slots.restore(0)).toBeUndefined();
    expect(slots.take(address(1))).toBe(7);
    expect(slots.take(address(2))).toBe(1);
    // Two slots that lead to one address are none that this class gave out.
    map.set(9, { peer: address(1), mtu: 0, expires: 0n });
    expect(slots.restore(9)).toBeUndefined();
  });
});
