// How many events of 64 bytes a second come through a ring buffer into JavaScript, on one core and without loss:
//
//   node --conditions=heddle-source packages/libbpf-napi/bench/ring-rate.ts [SECONDS]
//
// As root. The sender is another process, on another core. Prints a table.
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type EventCodec,
  openObject,
  openRingBuffer,
  recordView,
  type RingBufferSpec,
  u64,
} from "libbpf-napi";
import { compileSource } from "../src/testing/compile-fixture.ts";

const seconds = Number(process.argv[2] ?? 3);
const rates = [250_000, 500_000, 1_000_000, 2_000_000, 4_000_000];
const sizes = [1 << 20, 1 << 22, 1 << 24];
const [readingCore, sendingCore] = ["0", "1"];

/** How events are decoded. */
const ways: Readonly<Record<string, EventCodec<unknown>>> = {
  "one field": { ...u64, size: 64 },
  bytes: recordView,
};

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Runs the program so often a second, on a core of its own. */
async function send(program: number, rate: number): Promise<void> {
  const node = [process.execPath, "--conditions=heddle-source", path("ring-sender.ts")];
  const numbers = [program, rate, seconds].map(String);
  const child = spawn("taskset", ["-c", sendingCore, ...node, ...numbers], { stdio: "inherit" });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the sender ended with ${String(code)}`);
}

async function measure(object: string, way: string, size: number, rate: number): Promise<string> {
  const event = ways[way] ?? recordView;
  const spec: RingBufferSpec<unknown> = {
    name: "events",
    type: "ringbuf",
    maxEntries: size,
    flags: 0,
    event,
    layout: "",
  };
  await using opened = await openObject(object);
  opened.resizeMap("events", size);
  const counter = (name: string) => ({ ...opened.findVariable(name), codec: u64 });
  const [sent, lost] = [counter("sent"), counter("lost")];
  await using loaded = await opened.load();
  let received = 0;
  const reader = openRingBuffer(loaded.ringBuffer(spec), {
    onEvents: (events) => void (received += events.length),
    onError: (error) => console.error(error),
  });
  const [before, started] = [process.cpuUsage(), performance.now()];
  await send(loaded.program("send").info().id, rate);
  const { user, system } = process.cpuUsage(before);
  const busy = (user + system) / 1000 / (performance.now() - started);
  reader.close();
  const [came, went] = [loaded.variable(sent).get(), loaded.variable(lost).get()];
  if (came !== BigInt(received)) throw new Error(`${String(came)} sent, ${String(received)} came`);
  const share = (100 * Number(went)) / Number(came + went);
  const reached = Number(came + went) / seconds;
  const columns = [way, size / 1024, rate, Math.round(reached), share.toFixed(2), busy.toFixed(2)];
  return `| ${columns.map(String).join(" | ")} |`;
}

execFileSync("taskset", ["-acp", readingCore, String(process.pid)]);
const folder = mkdtempSync(join(tmpdir(), "hdt-ring-rate-"));
try {
  const object = join(folder, "ring-rate.bpf.o");
  compileSource(path("ring-rate.bpf.c"), object);
  console.log(`Linux ${release()}, Node ${process.version}, ${cpus()[0]?.model ?? "unknown"}\n`);
  console.log("| decoded as | buffer, KiB | wanted, 1/s | sent, 1/s | lost, % | core busy |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const way of Object.keys(ways))
    for (const size of sizes)
      for (const rate of rates) console.log(await measure(object, way, size, rate));
} finally {
  rmSync(folder, { recursive: true });
}
