import { expect, it } from "vitest";
import { checkPath, readCounters } from "./check-path.ts";

const nothing = { before: {}, after: {}, least: 10 };

it("a path that cannot tell is believed", async () => {
  const path = { client: "", server: "", address: "10.0.0.2" };
  expect(await readCounters(path)).toEqual({});
  expect(() => checkPath(path, "10.0.0.2", nothing)).not.toThrow();
});

it("a service has to be translated, and everybody else must not be", () => {
  const endpoints = ["10.0.0.2", "10.0.0.3"];
  const service = { address: "10.96.0.1", endpoints };
  expect(() => checkPath(service, "10.0.0.3", nothing)).not.toThrow();
  expect(() => checkPath(service, "10.96.0.1", nothing)).toThrow(
    "the server was called as 10.96.0.1, and should have been as 10.0.0.2, 10.0.0.3",
  );
  expect(() => checkPath({ address: "10.0.0.2" }, "10.0.0.3", nothing)).toThrow(
    "called as 10.0.0.3",
  );
});

it("packets have to go through the contestant", () => {
  const path = { address: "10.0.0.2" };
  const traffic = { before: { packets: 5 }, least: 10 };
  expect(() => checkPath(path, "10.0.0.2", { ...traffic, after: { packets: 15 } })).not.toThrow();
  expect(() => checkPath(path, "10.0.0.2", { ...traffic, after: { packets: 14 } })).toThrow(
    "the contestant handled 9 packets, and the client sent at least 10",
  );
});

it("a full table is no result", async () => {
  const path = { client: "", server: "", address: "10.0.0.2", lost: () => Promise.resolve(7) };
  const before = await readCounters(path);
  expect(() => checkPath(path, "10.0.0.2", { before, after: { lost: 7 }, least: 1 })).not.toThrow();
  expect(() => checkPath(path, "10.0.0.2", { before, after: { lost: 8 }, least: 1 })).toThrow(
    "the contestant lost 1 packets for want of room",
  );
});
