import { describe, expect, it } from "vitest";
import { docsOf } from "./read-docs.ts";
import { tokenize } from "./tokenize.ts";

describe("the doc comments of C", () => {
  const docs = docsOf([
    `/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define MULTI(x) /** of no one */ \\
	struct { x }
/**
 * Two
 *   lines.
 */
struct __attribute__((packed)) pod {
	/** Where "it" lies. */
	__u32 place;
	/* Not a doc comment. */
	__u32 plain;
	/** Four of them. */
	struct mac macs[4];
	/** Tagged. */
	char name[16] TEXT;
	/** Of an inner struct. */
	struct inner {
		/** Deep. */
		__u8 deep;
	} in;
};

/** What it is. */
enum kind : __u8 {
	/** Nothing, not even , or }. */
	KIND_NONE = 0,
	KIND_PLAIN /* none */,
	/** Shifted. */
	KIND_SHIFTED = (1 << 3),
};

/** Another name. */
typedef __u32 ifindex_t;
/** A struct without a tag. */
typedef struct {
	/** Its field. */
	__u32 field;
} untagged_t;

static __always_inline int skip(struct pod *pod)
{
	/** of a statement */
	const char *text = "struct fake { /** no */ int x; };"; // /** nor this */ int y;
	return text['}' - 125];
}

/** Maps pods. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
} pods SEC(".maps") OWNER("endpoint");

/** With a default. */
const volatile struct mac gateway = { { 1, 2 } };
/** An array. */
const volatile __u32 table[2] = { 1, 2 };

/** Runs. */
SEC("tcx/ingress")
int from_pod(struct __sk_buff *skb) { return skip(0); }
/** After a body. */
SEC("tcx/egress") int to_pod(struct __sk_buff *skb) { return 0; }
`,
    "/** Second. */ struct pod { int x; }; /** Only here. */ enum later { LATER };",
  ]);

  it.each([
    ["a struct", docs.type("pod"), "Two\n  lines."],
    ["a field", docs.field("pod", "place"), 'Where "it" lies.'],
    ["a field without one", docs.field("pod", "plain"), undefined],
    ["an array", docs.field("pod", "macs"), "Four of them."],
    ["a field with a mark", docs.field("pod", "name"), "Tagged."],
    ["a field that is a struct", docs.field("pod", "in"), "Of an inner struct."],
    ["a field inside", docs.field("inner", "deep"), "Deep."],
    ["an enum", docs.type("kind"), "What it is."],
    ["an enumerator", docs.enumerator("KIND_NONE"), "Nothing, not even , or }."],
    ["an enumerator without one", docs.enumerator("KIND_PLAIN"), undefined],
    ["an enumerator after others", docs.enumerator("KIND_SHIFTED"), "Shifted."],
    ["a typedef", docs.type("ifindex_t"), "Another name."],
    ["a struct by its typedef", docs.type("untagged_t"), "A struct without a tag."],
    ["its field", docs.field("untagged_t", "field"), "Its field."],
    ["what is in a string", docs.field("fake", "x"), undefined],
    ["a variable of a function", docs.symbol("text"), undefined],
    ["a map", docs.symbol("pods"), "Maps pods."],
    ["a setting", docs.symbol("gateway"), "With a default."],
    ["an array setting", docs.symbol("table"), "An array."],
    ["a program", docs.symbol("from_pod"), "Runs."],
    ["a program after another one", docs.symbol("to_pod"), "After a body."],
    ["another file", docs.type("later"), "Only here."],
  ])("are found for %s", (_what, found, expected) => {
    expect(found).toBe(expected);
  });
});

it("cuts source into tokens whatever it is", () => {
  const texts = tokenize("a->b /* open").map((token) => token.text);
  expect(texts).toEqual(["a", "-", ">", "b"]);
  expect(tokenize('"open\n/**/x')).toEqual([
    { kind: "literal", text: '"open' },
    { kind: "word", text: "x" },
  ]);
  expect(tokenize("#if 0 /* a\nb */ c\nd").map((token) => token.text)).toEqual(["d"]);
});
