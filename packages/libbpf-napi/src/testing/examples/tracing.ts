import { execFileSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, type TestContext } from "vitest";
import { requireFeature } from "../feature.ts";
import { compileWatchedProcess, type WatchedProcess } from "../watched-process.ts";
import type { ExampleTest } from "./example.ts";

/** Examples that watch what the kernel and processes do. */
export const tracingExamples: Readonly<Record<string, ExampleTest>> = {
  fentry: async (example, context) => {
    await requireFeature(context, "fentry");
    const run = example.start(["vfs_read"]);
    await run.shows(/measuring vfs_read/);
    readFileSync("/proc/self/comm");
    await run.shows(/^up to \d+ ns +\d+ #+$/m);
  },

  lsm: async (example, context) => {
    await requireFeature(context, "lsm");
    requireActiveLsm(context);
    const folder = useFolder();
    const run = example.start([folder]);
    await run.shows(/watching files of/);
    writeFileSync(join(folder, "secret"), "");
    await run.shows(
      new RegExp(`^${folder}/secret by .+ process ${String(process.pid)} user 0$`, "m"),
    );
  },

  kprobe: async (example, context) => {
    await requireFeature(context, "kprobe");
    const run = example.start(["vfs_unlink"]);
    await run.shows(/watching vfs_unlink/);
    const folder = useFolder();
    for (const name of ["one", "two"]) {
      writeFileSync(join(folder, name), "");
      rmSync(join(folder, name));
    }
    await run.shows(new RegExp(`^${ownName()} +[2-9]`, "m"));
  },

  "kprobe-multi": async (example, context) => {
    await requireFeature(context, "kprobe-multi");
    const run = example.start(["vfs_read", "vfs_rename", "vfs_unlink"]);
    await run.shows(/watching 3 functions/);
    const file = join(useFolder(), "one");
    writeFileSync(file, readFileSync("/proc/self/comm"));
    rmSync(file);
    await run.shows(/^vfs_read +[1-9]\d*$/m);
    await run.shows(/^vfs_unlink +[1-9]\d*$/m);
  },

  uprobe: async (example, context) => {
    await requireFeature(context, "uprobe");
    const run = example.start([]);
    await run.shows(/watching getaddrinfo/);
    // An address as only the C library reads it: nothing is asked of a name server.
    await lookup("0x7f.1");
    await run.shows(new RegExp(`^0x7f\\.1 by .+ process ${String(process.pid)}$`, "m"));
  },

  "uprobe-multi": async (example, context) => {
    await requireFeature(context, "uprobe-multi");
    const watched = useWatched();
    const run = example.start([watched.file, "main", "watched_one", "watched_two"]);
    await run.shows(/watching 3 functions/);
    watched.run();
    watched.run();
    await run.shows(/^main +2\nwatched_one +2\nwatched_two +2$/m);
  },

  usdt: async (example, context) => {
    await requireFeature(context, "uprobe");
    const watched = useWatched();
    const run = example.start([watched.file, "hdt", "tick"]);
    await run.shows(/watching hdt:tick/);
    watched.run();
    await run.shows(/^watched process \d+ first of 1: 7$/m);
  },

  tracepoint: async (example, context) => {
    if (!/\ttracefs$/m.test(readFileSync("/proc/filesystems", "utf8"))) {
      context.skip("this kernel has no tracefs");
    }
    const watched = useWatched();
    const run = example.start([], { tracefs: true });
    await run.shows(/watching what is started/);
    watched.run();
    await run.shows(new RegExp(`^${watched.file} as process \\d+ by user 0$`, "m"));
  },

  "raw-tracepoint": async (example) => {
    const run = example.start([]);
    await run.shows(/counting system calls/);
    // Waiting for it makes some.
    await run.shows(new RegExp(`^${ownName()} +[1-9]`, "m"));
  },

  "perf-event": async (example) => {
    const run = example.start([String(process.pid)]);
    await run.shows(/sampling/);
    const name = ownName();
    for (const end = performance.now() + 200; performance.now() < end;)
      readFileSync("/proc/self/comm");
    await run.shows(new RegExp(`^ +[1-9]\\d* ${name} +(in user space|\\w+)`, "m"));
  },

  syscall: async (example, context) => {
    await requireFeature(context, "kprobe");
    const run = example.start([]);
    await run.shows(/watching kill/);
    // The signal 0 only asks whether it could be sent.
    process.kill(process.pid, 0);
    const pid = String(process.pid);
    await run.shows(new RegExp(`^${ownName()} ${pid} sends signal 0 to process ${pid}$`, "m"));
  },
};

/** A program that the kernel loads for a security hook is asked only where the kernel was started so. */
function requireActiveLsm(context: TestContext): void {
  execFileSync("sh", [
    "-c",
    "mountpoint -q /sys/kernel/security || mount -t securityfs s /sys/kernel/security",
  ]);
  const active = readFileSync("/sys/kernel/security/lsm", "utf8").split(",");
  if (!active.includes("bpf")) context.skip("this kernel was started without BPF security modules");
}

function useWatched(): WatchedProcess {
  const watched = compileWatchedProcess();
  onTestFinished(() => watched[Symbol.dispose]());
  return watched;
}

function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hdt-traced-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What the kernel calls this thread, for a pattern. */
function ownName(): string {
  const name = readFileSync("/proc/thread-self/comm", "utf8").trim();
  return name.replaceAll(/[^\w]/g, "\\$&");
}
