// A folder of pods, one file each, until they are in a table; and one file that changes.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@heddle/contracts";
import { createFolderSource, formatManifest } from "@heddle/kube-source";
import { filter, firstValueFrom, skipWhile, take } from "rxjs";
import { complaints, liveBytes, megabytes, runMeasurement } from "../measurement.ts";

await runMeasurement(async ({ test, size, own, report }) => {
  const folder = mkdtempSync(join(tmpdir(), "hdt-objects-"));
  await own({
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  });
  for (let index = 0; index < size; index++) writePod(folder, index, "first");
  const before = liveBytes();
  const source = await own(
    createFolderSource(
      { clock: systemClock, logger: complaints },
      { path: folder, accepted: ["Pod"] },
    ),
  );
  const started = performance.now();
  await source.start();
  let pods = 0;
  await firstValueFrom(
    source.pods$.pipe(
      filter(({ kind }) => {
        if (kind === "upsert") pods++;
        return kind === "synced";
      }),
    ),
  );
  if (pods !== size) throw new Error(`${String(pods)} of ${String(size)} pods came`);
  if (test === "read") {
    report("time", performance.now() - started);
    report("memory", megabytes(liveBytes() - before));
  } else {
    report("time", await change({ folder, source, size }));
  }
});

interface Changing {
  readonly folder: string;
  readonly source: ReturnType<typeof createFolderSource>;
  readonly size: number;
}

/** Milliseconds from the renaming of a file into its place until its pod is another one in the table. */
async function change({ folder, source, size }: Changing): Promise<number> {
  const changed = firstValueFrom(
    source.pods$.pipe(
      skipWhile(({ kind }) => kind !== "synced"),
      filter(({ kind }) => kind === "upsert"),
      take(1),
    ),
  );
  const started = performance.now();
  writePod(folder, Math.floor(size / 2), "second");
  await changed;
  return performance.now() - started;
}

function writePod(folder: string, index: number, version: string): void {
  const name = `pod-${String(index)}`;
  const unfinished = join(folder, ".unfinished");
  const labels = new Map([
    ["app", "web"],
    ["version", version],
  ]);
  writeFileSync(
    unfinished,
    formatManifest("Pod", {
      metadata: { name, namespace: "default", labels: Object.fromEntries(labels) },
      spec: {
        nodeName: `node-${String(index % 50)}`,
        containers: [{ name: "main", image: "registry.example/web:1" }],
      },
      status: { phase: "Running", podIP: `10.244.${String(index >> 8)}.${String(index & 0xff)}` },
    }),
  );
  renameSync(unfinished, join(folder, `${name}.yaml`));
}
