// Runs inside the emulated machine, as vitest's reporter: a line of JSON for everything that happened, at
// once, so that what was found out survives when the kernel does not.
import { closeSync, openSync, writeSync } from "node:fs";
import { release } from "node:os";
import { relative } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";
import type { GuestRecord } from "../records.ts";

/** The second serial port. */
const port = "/dev/ttyS1";

export class GuestReporter implements Reporter {
  readonly #port = openSync(port, "w");

  onInit(): void {
    this.#write({ type: "start", release: release() });
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    this.#write({
      type: "test",
      file: fileOf(test.module),
      name: test.fullName,
      state: result.state === "pending" ? "skipped" : result.state,
      reason: result.state === "skipped" ? (result.note ?? "") : messagesOf(result.errors ?? []),
      milliseconds: Math.round(test.diagnostic()?.duration ?? 0),
    });
  }

  onTestModuleEnd(module: TestModule): void {
    const errors = messagesOf(module.errors());
    if (errors !== "") this.#write({ type: "module", file: fileOf(module), reason: errors });
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    this.#write({ type: "end", reason: messagesOf(errors) });
    closeSync(this.#port);
  }

  #write(record: GuestRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    for (let sent = 0; sent < line.length;) sent += writeSync(this.#port, line, sent);
  }
}

function fileOf(module: TestModule): string {
  return relative(process.cwd(), module.moduleId);
}

/** What was found goes with them, since messages of long texts are cut short. */
function messagesOf(
  errors: readonly { readonly stack?: string; readonly message: string; readonly diff?: string }[],
): string {
  return errors.map(({ stack, message, diff = "" }) => `${stack ?? message}\n${diff}`).join("\n");
}
