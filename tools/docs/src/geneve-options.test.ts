import { ipv4FromBytes, ipv6FromBytes } from "@heddle/contracts";
import {
  type GeneveOption,
  geneveProtocols,
  heddleOptionClass,
  heddleOptionLengths,
  type HeddleOptionName,
  heddleOptionTypes,
} from "@heddle/encap-geneve";
import { buildPacket, ipv4, parsePacket, udp } from "@heddle/packet";
import { describe, expect, it } from "vitest";
import { readPages } from "./markdown.ts";

const page =
  readPages().find(({ path }) => path === "docs/reference/geneve-options.md")?.text ?? "";
const names = ["cluster-id", "dsr-ipv4", "dsr-ipv6"] as const satisfies HeddleOptionName[];

interface FieldRow {
  readonly offset: number;
  readonly bytes: number;
  readonly field: string;
}

/** The fields of an option as the page has them. */
function fieldsOf(name: string): readonly FieldRow[] {
  const section = page.split(`\n### ${name}\n`)[1]?.split("\n### ")[0] ?? "";
  return Array.from(
    section.matchAll(/^\| (\d+) +\| (\d+) +\| `(\w+)` +\|/gm),
    ([, offset, bytes, field = ""]) => ({ offset: Number(offset), bytes: Number(bytes), field }),
  );
}

const optionHeaderLength = 4;

/** The option of which one field is the bytes 1, 2, 3 and so on, and the rest is zero. */
function optionWith(name: HeddleOptionName, { offset, bytes }: FieldRow): GeneveOption | undefined {
  const option = new Uint8Array(heddleOptionLengths[name]);
  const units = option.length / 4;
  option.set([0xff, heddleOptionClass & 0xff, heddleOptionTypes.numberOf(name), units - 1]);
  option.set(counting(bytes), offset);
  const header = Uint8Array.of(units, 0x40, 0, 0, 0, 0, 7, 0);
  const layers = [ipv4(), udp({ destinationPort: 6081 })];
  const wire = buildPacket({ layers, payload: Uint8Array.from([...header, ...option]) });
  const parsed = parsePacket(wire, { linkType: "ip", protocols: geneveProtocols });
  const found = parsed.layers.find((layer) => layer.kind === "geneve");
  return found?.options[0];
}

/** The value of the bytes 1, 2, 3 and so on: a number, or an address. */
function valueOf(bytes: number): number | string {
  const counted = Uint8Array.from(counting(bytes));
  if (bytes === 4) return ipv4FromBytes(counted);
  return bytes === 16 ? ipv6FromBytes(counted) : 0x0102;
}

function counting(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

describe("the page of Geneve options", () => {
  it("has the class", () => {
    expect(page).toContain(`The class is \`0x${heddleOptionClass.toString(16)}\``);
  });

  it("has all types with their lengths, and nothing else", () => {
    const rows = Array.from(
      page.matchAll(/^\| `(0x[0-9a-f]{2})` +\| `([\w-]+)` +\| (\d+) +\|/gm),
      ([, type, name = "", bytes]) => [name, Number(type), Number(bytes)],
    );
    expect(rows).toEqual(
      names.map((name) => [name, heddleOptionTypes.numberOf(name), heddleOptionLengths[name]]),
    );
  });

  it.each(names)("has the fields of %s where the codec has them, in its byte order", (name) => {
    const fields = fieldsOf(name);
    expect(fields.length).toBeGreaterThan(0);
    for (const row of fields) {
      expect(optionWith(name, row)).toMatchObject({ type: name, [row.field]: valueOf(row.bytes) });
    }
  });

  it.each(names)("leaves out no byte of %s, and has none twice", (name) => {
    const covered = fieldsOf(name).flatMap(({ offset, bytes }) =>
      counting(bytes).map((at) => offset + at - 1),
    );
    const all = counting(heddleOptionLengths[name]).slice(optionHeaderLength);
    expect(covered).toEqual(all.map((at) => at - 1));
  });

  it("has every option of the class", () => {
    expect(names.toSorted()).toEqual(Object.keys(heddleOptionLengths).toSorted());
  });
});
