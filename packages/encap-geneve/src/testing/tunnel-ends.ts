import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestNetns, joinNetns, type TestNetns } from "@heddle/testing";

const example = fileURLToPath(new URL("../../examples/endpoint.ts", import.meta.url));

/** What the example reads of one end. */
export interface EndEntry {
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
  readonly own: readonly string[];
  readonly clusterId?: number;
  readonly checksums?: boolean;
}

/** Two namespaces with a network between them. */
export interface TunnelEnds extends AsyncDisposable {
  readonly a: TestNetns;
  readonly b: TestNetns;
  /** A folder that goes with them. */
  readonly folder: string;
  /** Runs the example as the end of this name, over its `eth0`, until the ends are disposed of or it is stopped. */
  start(
    netns: TestNetns,
    name: string,
    entries: Readonly<Record<string, EndEntry>>,
  ): Promise<RunningEnd>;
  /** Runs any program in a namespace until the ends are disposed of. */
  spawn(netns: TestNetns, command: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
}

export interface RunningEnd {
  /** Ends it, and gives what became of packets. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

export async function createTunnelEnds(): Promise<TunnelEnds> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "hdt-tunnel-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const a = stack.use(await createTestNetns("a"));
  const b = stack.use(await createTestNetns("b"));
  await joinNetns({ netns: a, device: "eth0" }, { netns: b, device: "eth0" });
  const rest = stack.move();
  const spawnIn: TunnelEnds["spawn"] = (netns, command, env = {}) => {
    const child = spawn("nsenter", [`--net=${netns.path}`, "--", ...command], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    rest.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
    return child;
  };
  return {
    a,
    b,
    folder,
    spawn: spawnIn,
    async start(netns, name, entries) {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(entries));
      const child = spawnIn(netns, [
        process.execPath,
        "--conditions=heddle-source",
        example,
        name,
        "eth0",
        file,
      ]);
      const lines: string[] = [];
      child.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
      const ended = once(child, "exit");
      await Promise.race([once(child.stdout ?? child, "data"), ended]);
      if (lines[0]?.startsWith("ready") !== true) throw new Error(`${name} did not start`);
      return {
        async stop() {
          child.kill("SIGTERM");
          await ended;
          const counts: unknown = JSON.parse(lines.join("").split("\n")[1] ?? "{}");
          return Object.fromEntries(
            Object.entries(Object(counts)).map(([key, value]) => [key, Number(value)]),
          );
        },
      };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
