// Measures contestants side by side, round by round; --help says how it is told what.
import { constants } from "node:os";
import { toError } from "@heddle/contracts";
import { runBench } from "./bench.ts";
import { repository } from "./repository.ts";
import { suites } from "./suites.ts";

const stop = new AbortController();
let signalled: number | undefined;
// From now on these only say that it is over, so that what was set up is taken down first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    signalled = 128 + constants.signals[signal];
    stop.abort(new Error(`ended by ${signal}`));
  });
}
process.stdout.on("error", () => stop.abort(new Error("nobody reads what it shows")));
process.stderr.on("error", () => undefined);

try {
  const deps = {
    suites,
    root: repository,
    say: (line: string): void => console.log(line),
    report: (line: string): void => console.error(`bench: ${line}`),
  };
  const code = await runBench(deps, process.argv.slice(2), stop.signal);
  process.exitCode = signalled ?? code;
} catch (error) {
  if (!stop.signal.aborted) console.error(`bench: ${toError(error).message}`);
  process.exitCode = signalled ?? 1;
}
