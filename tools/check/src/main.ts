// Runs everything that is checked beside the tests, and says what failed and how to see it again.
//
//   npm run check [-- NAME...]     only the checks whose names begin so
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { allChecks, type Check } from "./checks.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const wanted = process.argv.slice(2);
const checks = allChecks(root).filter(
  ({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)),
);
const failed = checks.filter((check) => !passes(check));
console.log(
  failed.length === 0
    ? `all ${String(checks.length)} checks passed`
    : `${String(failed.length)} of ${String(checks.length)} checks failed: ${failed.map(({ name }) => name).join(", ")}`,
);
process.exitCode = failed.length === 0 && checks.length > 0 ? 0 : 1;

/** Shows the output of a check that failed, and the command that gives it again. */
function passes({ name, command }: Check): boolean {
  const [program = "", ...args] = command;
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status === 0) return true;
  console.log(`${stdout}${stderr}${error?.message ?? ""}\n$ ${command.join(" ")}`);
  return false;
}
