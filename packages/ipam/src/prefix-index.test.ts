import { type IpPrefix, parseIp, parsePrefix, prefixFamily } from "@heddle/contracts";
import { expect, it } from "vitest";
import { PrefixIndex } from "./prefix-index.ts";

const item = (text: string) => ({
  prefix: parsePrefix(text),
  family: prefixFamily(parsePrefix(text)),
});

it("finds what an address is in, and what overlaps a prefix, until it has gone", () => {
  const index = new PrefixIndex<{ readonly prefix: IpPrefix; readonly family: 4 | 6 }>();
  const [small, large, v6] = [item("10.0.0.0/28"), item("10.1.0.0/16"), item("fd00::/64")];
  for (const one of [small, large, v6]) index.add(one);
  expect(index.find(parseIp("10.0.0.15"))).toBe(small);
  expect(index.find(parseIp("10.0.0.16"))).toBeUndefined();
  expect(index.find(parseIp("10.1.255.255"))).toBe(large);
  expect(index.find(parseIp("fd00::ffff:0:0:1"))).toBe(v6);
  expect(index.overlapping(parsePrefix("10.0.0.8/29"))).toBe(small);
  expect(index.overlapping(parsePrefix("10.0.0.0/8"))).toBe(small);
  expect(index.overlapping(parsePrefix("10.0.0.16/28"))).toBeUndefined();
  expect(index.overlapping(parsePrefix("::/0"))).toBe(v6);
  index.delete(small);
  expect(index.find(parseIp("10.0.0.15"))).toBeUndefined();
  expect(index.overlapping(parsePrefix("10.0.0.0/8"))).toBe(large);
});
