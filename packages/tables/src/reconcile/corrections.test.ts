import { expect, it } from "vitest";
import { createCorrections } from "./corrections.ts";

it("one that fails holds up no other, and is told of in the end", async () => {
  const corrections = createCorrections("routes");
  const done: string[] = [];
  await corrections.each(["a", "b", "c"], async (item) => {
    await Promise.resolve();
    if (item === "a") throw new Error("no room");
    done.push(item);
  });
  await corrections.each(["d"], (item) => {
    done.push(item);
  });
  expect(done).toEqual(["b", "c", "d"]);
  expect(() => corrections.end()).toThrow(
    expect.objectContaining({
      code: "prune-failed",
      message: expect.stringContaining("1 of 4 corrections failed, the first: no room"),
      cause: new Error("no room"),
    }),
  );
});

const fail = (item: string): void => {
  throw new Error(item);
};

it("several that fail are all there to be read", async () => {
  const corrections = createCorrections("routes");
  await corrections.each(["a", "b"], fail);
  corrections.add(3, [new Error("c")]);
  expect(() => corrections.end()).toThrow(
    expect.objectContaining({
      message: expect.stringContaining("3 of 5 corrections failed, the first: a"),
      cause: new AggregateError(["a", "b", "c"].map((text) => new Error(text))),
    }),
  );
});

it("nothing is told when all went well", async () => {
  const corrections = createCorrections("routes");
  await corrections.each([1, 2], () => undefined);
  expect(() => corrections.end()).not.toThrow();
});
