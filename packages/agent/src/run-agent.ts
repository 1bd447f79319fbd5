import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createLogger, type Logger, systemClock } from "@heddle/contracts";
import { createAgent } from "./agent.ts";
import type { AgentConfig } from "./config/agent-config.ts";
import { jsonLine, textLine } from "./log-line.ts";

/**
 * Runs an agent as this process until it is told to stop (SIGTERM, SIGINT). What it attached stays.
 *
 * Rejects when the agent cannot start.
 */
export async function runAgent(config: AgentConfig): Promise<void> {
  const logger = stderrLogger(config);
  using stop = listenForStop(logger);
  const started = systemClock.monotonic();
  await using agent = createAgent(config, logger);
  await Promise.race([agent.start(), stop.asked]);
  if (agent.status().ready) {
    const milliseconds = Math.round(systemClock.monotonic() - started);
    logger.info("agent ready", { node: config.nodeName, milliseconds });
  }
  using _ = systemClock.schedule(restTime, collectGarbage);
  await stop.asked;
}

/** Milliseconds after the start in which what came with it comes to rest. */
const restTime = 3000;

/**
 * Gives back the memory that only the start needed, some 15 MB with a hundred pods. V8 does not do that by itself while a process
 * allocates next to nothing.
 */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}

function stderrLogger({ logFormat, logLevel }: AgentConfig): Logger {
  // The agent goes on when nobody reads what it writes any more.
  process.stderr.on("error", () => undefined);
  const line = logFormat === "json" ? jsonLine : textLine;
  return createLogger((record) => {
    process.stderr.write(`${line(record, systemClock.now())}\n`);
  }, logLevel);
}

/** Waits for a signal to stop, and keeps the process alive meanwhile. */
function listenForStop(logger: Logger): Disposable & { readonly asked: Promise<void> } {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const alive = setInterval(() => undefined, longTime);
  const stop = (signal: NodeJS.Signals): void => {
    logger.info("agent stopping; what is attached stays", { signal });
    resolve();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  return {
    asked,
    [Symbol.dispose]() {
      clearInterval(alive);
      process.off("SIGTERM", stop);
      process.off("SIGINT", stop);
    },
  };
}

/** Milliseconds between wake-ups of a process that waits for nothing but a signal. */
const longTime = 1 << 30;
