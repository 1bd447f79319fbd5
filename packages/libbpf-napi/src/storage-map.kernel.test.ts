import { closeSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { u64 } from "./codecs.ts";
import { openObject } from "./object.ts";
import { openPinnedStorageMap } from "./pinned-map.ts";
import { createStorageMap, type StorageMap, type StorageMapSpec } from "./storage-map.ts";
import { openTask } from "./task.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { cgroup2Root } from "./testing/cgroup-root.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { listen } from "./testing/listening-socket.ts";
import { lacksMapType } from "./testing/map-type.ts";
import { thrown } from "./testing/thrown.ts";

function specOf(type: StorageMapSpec<bigint>["type"]): StorageMapSpec<bigint> {
  return { name: "storage", type, value: u64 };
}

/** A new folder, open. */
function openFolder(parent: string): { readonly fd: number } & Disposable {
  const folder = mkdtempSync(join(parent, "hdt-"));
  const fd = openSync(folder, "r");
  return {
    fd,
    [Symbol.dispose]() {
      closeSync(fd);
      rmdirSync(folder);
    },
  };
}

/** What storage does for any owner. */
function useStorage(map: StorageMap<bigint>, owner: number): void {
  expect([map.get(owner), map.has(owner), map.delete(owner)]).toEqual([undefined, false, false]);
  expect(thrown(() => map.set(owner, 1n, { mode: "replace" }))).toMatchObject({
    code: "key-missing",
  });
  map.set(owner, 1n, { mode: "create" });
  expect(thrown(() => map.set(owner, 2n, { mode: "create" }))).toMatchObject({
    code: "key-exists",
  });
  map.set(owner, 3n);
  expect([map.get(owner), map.has(owner), map.delete(owner)]).toEqual([3n, true, true]);
}

describe("storage", () => {
  it("of sockets", async () => {
    await using socket = await listen();
    using map = createStorageMap(specOf("sk_storage"));
    useStorage(map, socket.fd);
    const fd = openSync("/dev/null", "r");
    try {
      expect(thrown(() => map.set(fd, 1n))).toMatchObject({ code: "kernel-error" });
    } finally {
      closeSync(fd);
    }
  });

  it("of tasks", () => {
    using map = createStorageMap(specOf("task_storage"));
    using task = openTask(process.pid);
    useStorage(map, task.fd);
    expect(thrown(() => openTask(0x3fff_ffff))).toMatchObject({ errno: expect.any(String) });
    task.close();
    expect(thrown(() => task.fd)).toMatchObject({ code: "handle-closed" });
  });

  it("of files", () => {
    using map = createStorageMap(specOf("inode_storage"));
    using owner = openFolder(tmpdir());
    useStorage(map, owner.fd);
    expect(map.has(owner.fd)).toBe(false);
  });

  it.skipIf(lacksMapType("cgrp_storage"))("of cgroups (needs cgrp_storage, Linux 6.2)", () => {
    using map = createStorageMap(specOf("cgrp_storage"));
    using owner = openFolder(cgroup2Root());
    useStorage(map, owner.fd);
    expect(map.has(owner.fd)).toBe(false);
  });

  it.runIf(lacksMapType("cgrp_storage"))("of cgroups is told to need Linux 6.2", () => {
    expect(thrown(() => createStorageMap(specOf("cgrp_storage")))).toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "6.2",
    });
  });

  it("of an object, and of a pin", async () => {
    await using socket = await listen();
    using pins = createBpffsFolder();
    using file = await openObject(compileFixture("references"), { name: "references" });
    using object = await file.load();
    const spec = { ...specOf("sk_storage"), name: "per_socket" };
    const map = object.storageMap(spec);
    map.set(socket.fd, 4n);
    map.pin(pins.path("storage"));
    using again = openPinnedStorageMap(pins.path("storage"), spec);
    expect(again.get(socket.fd)).toBe(4n);
  });
});
