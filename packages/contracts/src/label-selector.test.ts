import { describe, expect, it } from "vitest";
import { type Labels, parseLabelSelector, selectorMatches } from "./index.ts";

const web: Labels = { app: "web", "example.com/tier": "front", empty: "" };

const expression = (operator: string, key: string, ...values: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values.length === 0 ? {} : { values }) }],
});

describe("a selector of labels", () => {
  it.each<[unknown, boolean]>([
    [{}, true],
    [{ matchLabels: {}, matchExpressions: [] }, true],
    [{ matchLabels: { app: "web" } }, true],
    [{ matchLabels: { app: "web", "example.com/tier": "front" } }, true],
    [{ matchLabels: { app: "web", "example.com/tier": "back" } }, false],
    [{ matchLabels: { other: "web" } }, false],
    [{ matchLabels: { empty: "" } }, true],
    [{ matchLabels: { other: "" } }, false],
    [expression("In", "app", "db", "web"), true],
    [expression("In", "app", "db"), false],
    [expression("In", "other", "web"), false],
    [expression("NotIn", "app", "db"), true],
    [expression("NotIn", "app", "db", "web"), false],
    // As in Kubernetes, who does not have the label has none of its values.
    [expression("NotIn", "other", "web"), true],
    [expression("Exists", "empty"), true],
    [expression("Exists", "other"), false],
    [expression("DoesNotExist", "other"), true],
    [expression("DoesNotExist", "app"), false],
    [expression("DoesNotExist", "constructor"), true],
    [{ matchLabels: { app: "web" }, ...expression("Exists", "other") }, false],
  ])("%j means a pod: %s", (input, meant) => {
    expect(selectorMatches(parseLabelSelector(input), web)).toBe(meant);
  });

  it("is what it was read from", () => {
    const input = {
      matchLabels: { app: "web" },
      matchExpressions: [
        { key: "a.b/c", operator: "In", values: ["x", ""] },
        { key: "d", operator: "Exists" },
      ],
    };
    expect(parseLabelSelector(input)).toEqual(input);
  });

  const long = "x".repeat(64);
  it.each<[unknown, string]>([
    [undefined, "read the selector: it is not a mapping"],
    [["app"], "read the selector: it is not a mapping"],
    [
      { matchlabels: {} },
      'read the selector: it has "matchlabels" (there are matchLabels, matchExpressions)',
    ],
    [{ matchLabels: [] }, "read matchLabels: it is not a mapping of names to values"],
    [
      { matchLabels: { version: 1 } },
      "read matchLabels version: 1 is not the value of a label (put it in quotes)",
    ],
    [{ matchLabels: { a: "b c" } }, 'read matchLabels a: "b c" is not the value of a label'],
    [{ matchLabels: { [long]: "a" } }, "is not the name of a label (up to 63 letters"],
    [{ matchLabels: { "a/b/c": "a" } }, 'read matchLabels: "a/b/c" is not the name of a label'],
    [{ matchLabels: { "A.b/c": "a" } }, 'read matchLabels: "A.b/c" is not the name of a label'],
    [{ matchLabels: { "": "a" } }, 'read matchLabels: "" is not the name of a label'],
    [{ matchExpressions: {} }, "read matchExpressions: it is not a list"],
    [
      { matchExpressions: [{ operator: "Exists" }] },
      "read matchExpressions[0].key: nothing is not the name of a label",
    ],
    [
      expression("Is", "a"),
      'read matchExpressions[0].operator: "Is" is no operator (there are In, NotIn, Exists, DoesNotExist)',
    ],
    [
      expression("In", "a"),
      "read matchExpressions[0]: In needs values (give a list of one or more)",
    ],
    [expression("Exists", "a", "b"), "read matchExpressions[0]: Exists takes no values"],
    [expression("In", "a", "b c"), 'read matchExpressions[0]: "b c" is not the value of a label'],
  ])("is not %j", (input, message) => {
    expect(() => parseLabelSelector(input)).toThrow(message);
  });
});
