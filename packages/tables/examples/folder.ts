import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@heddle/contracts";
import { createReconciler, createTable } from "@heddle/tables";
import { FolderTarget } from "./folder-target.ts";

const folder = await mkdtemp(join(tmpdir(), "settings-"));
await writeFile(join(folder, "stale"), "of an earlier run");

const settings = createTable<string, string>({ name: "settings" });
await using reconciler = createReconciler(
  {
    desired$: settings.changes$,
    target: new FolderTarget(folder),
    clock: systemClock,
    logger: silentLogger,
  },
  { name: "settings", pruneInterval: 60_000, retry: { maxDelay: 5000 } },
);
await reconciler.start();
settings.upsert("ip_forward", "1");
settings.markSynced();
await reconciler.whenSettled();
console.log(await readdir(folder)); // [ 'ip_forward' ]

await writeFile(join(folder, "ip_forward"), "0"); // somebody else
reconciler.requestPrune();
await reconciler.whenSettled();
console.log(await readFile(join(folder, "ip_forward"), "utf8")); // 1

settings.upsert("no/such/folder", "1");
await reconciler.whenIdle();
console.log(reconciler.health$.value.level); // degraded
console.log(reconciler.status.get("no/such/folder")?.failures); // 1
console.log(reconciler.metrics$.value.updates); // 1
await rm(folder, { recursive: true });
