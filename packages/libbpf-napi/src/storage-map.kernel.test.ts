import { closeSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { u64 } from "./codecs.ts";
import { openObject } from "./object.ts";
import { openPinnedStorageMap } from "./pinned-map.ts";
import { storageContract } from "./map-contract.ts";
import { createStorageMap } from "./storage-map.ts";
import type { StorageMapSpec } from "./storage-types.ts";
import { openTask } from "./task.ts";
import { createBpffsFolder } from "./testing/bpffs-folder.ts";
import { cgroup2Root } from "./testing/cgroup-root.ts";
import { compileFixture } from "./testing/compile-fixture.ts";
import { listen } from "./testing/listening-socket.ts";
import { lacksMapType } from "./testing/map-type.ts";
import { rejected, thrown } from "./testing/thrown.ts";

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

async function meetsContract(type: StorageMapSpec<bigint>["type"], owner: number): Promise<void> {
  for (const { run } of storageContract) {
    const made: Disposable[] = [];
    const running = run(async (spec) => {
      const map = await createStorageMap({ ...spec, type });
      made.push(map);
      return { map, owner };
    });
    await expect(running).resolves.toBeUndefined();
    for (const map of made) map[Symbol.dispose]();
  }
}

describe("storage meets its contract", () => {
  it("of sockets", async () => {
    await using socket = await listen();
    await meetsContract("sk_storage", socket.fd);
    expect.hasAssertions();
  });

  it("of tasks", async () => {
    using task = openTask(process.pid);
    await meetsContract("task_storage", task.fd);
    expect.hasAssertions();
  });

  it("of files", async () => {
    using owner = openFolder(tmpdir());
    await meetsContract("inode_storage", owner.fd);
    expect.hasAssertions();
  });

  it.skipIf(lacksMapType("cgrp_storage"))(
    "of cgroups (needs cgrp_storage maps, Linux 6.2)",
    async () => {
      using owner = openFolder(cgroup2Root());
      await meetsContract("cgrp_storage", owner.fd);
      expect.hasAssertions();
    },
  );

  it.runIf(lacksMapType("cgrp_storage"))("of cgroups, or is told to need Linux 6.2", async () => {
    expect(await rejected(() => createStorageMap(specOf("cgrp_storage")))).toMatchObject({
      code: "unsupported-feature",
      sinceKernel: "6.2",
    });
  });
});

describe("storage", () => {
  it("takes owners of its kind only", async () => {
    using map = await createStorageMap(specOf("sk_storage"));
    using owner = openFolder(tmpdir());
    expect(thrown(() => map.set(owner.fd, 1n))).toMatchObject({ code: "kernel-error" });
    expect(thrown(() => map.set(-1, 1n))).toMatchObject({ errno: "EBADF" });
  });

  it("of a task is asked for by a descriptor that is closed with it", () => {
    const task = openTask(process.pid);
    task.close();
    expect(thrown(() => task.fd)).toMatchObject({ code: "handle-closed" });
    expect(thrown(() => openTask(0x3fff_ffff))).toMatchObject({ code: "kernel-error" });
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
