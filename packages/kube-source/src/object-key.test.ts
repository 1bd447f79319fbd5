import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatObjectKey,
  isObjectKey,
  ObjectKeyError,
  objectKeyParts,
  parseObjectKey,
} from "./index.ts";

const labels = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,8}[a-z0-9])?$/);
const names = fc.array(labels, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));

describe("an object key", () => {
  it("is taken apart and put together again", () => {
    fc.assert(
      fc.property(fc.option(labels, { nil: undefined }), names, (namespace, name) => {
        const key = formatObjectKey({ namespace, name });
        expect(objectKeyParts(key)).toEqual(
          namespace === undefined ? { name } : { namespace, name },
        );
        expect(parseObjectKey(key)).toBe(key);
      }),
    );
  });

  it.each(["", "/", "a/", "/a", "a/b/c", "A", "a_b", "-a", "a-", "a..b", "x.y/z", "a".repeat(254)])(
    "is not %j",
    (text) => {
      expect(isObjectKey(text)).toBe(false);
      expect(() => parseObjectKey(text)).toThrow(ObjectKeyError);
    },
  );

  it.each([{ name: "a/b" }, { namespace: "", name: "a" }, { namespace: "a.b", name: "c" }])(
    "is not made of %j",
    (parts) => {
      expect(() => formatObjectKey(parts)).toThrow(
        expect.objectContaining({ code: "invalid-object-key" }),
      );
    },
  );
});
