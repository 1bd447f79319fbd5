import { spawn } from "node:child_process";

/**
 * Runs a build tool to its end and returns what it wrote to standard output.
 *
 * @throws an `Error` with the command and everything it printed, unless it exits with 0
 */
export async function runTool(
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output: string[] = [];
  const messages: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => messages.push(text));
  const outcome = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? "" : `exit ${String(code ?? signal)}`),
    );
  });
  if (outcome === "") return output.join("");
  const line = [command, ...args].join(" ");
  throw new Error(`${outcome}: ${line}\n${[...output, ...messages].join("")}`);
}
