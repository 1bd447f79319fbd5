import { describe, expect, it } from "vitest";
import { formatEntries } from "./format-entries.ts";

describe("entries", () => {
  it("of plain keys and values are two columns", () => {
    const entries = [
      { key: "routes", value: 8 },
      { key: 12, value: 0 },
    ];
    expect(formatEntries(entries)).toBe("KEY      VALUE\nroutes   8\n12       0");
  });

  it("have a column for each field", () => {
    const entries = [
      {
        key: { hook: "fromPod", reason: "martian" },
        value: { packets: 1n, data: Uint8Array.of(1, 255), ports: [80, 443] },
      },
    ];
    expect(formatEntries(entries)).toBe(
      "HOOK      REASON    PACKETS   DATA   PORTS\nfromPod   martian   1         01ff   80,443",
    );
  });

  it("keep the two halves apart where they have a field of one name", () => {
    const entries = [{ key: { id: 1 }, value: { id: 2, cpu0: { id: 3 } } }];
    expect(formatEntries(entries)).toBe("ID   VALUE.ID   CPU0.ID\n1    2          3");
  });

  it("with many fields are a tree each", () => {
    const value = { a: 1, nexthop: { kind: "pod", mtu: 1500 }, c: 3, d: 4, e: 5, f: 6 };
    const entry = { key: { source: "10.0.0.1", hook: "toPod" }, value };
    const tree = `source=10.0.0.1 hook=toPod
  a              1
  nexthop.kind   pod
  nexthop.mtu    1500
  c              3
  d              4
  e              5
  f              6`;
    expect(formatEntries([entry, entry])).toBe(`${tree}\n${tree}`);
  });

  it("may be none", () => {
    expect(formatEntries([])).toBe("");
  });
});
