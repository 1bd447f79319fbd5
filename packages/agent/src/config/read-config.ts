import { readFileSync } from "node:fs";
import { toError } from "@heddle/contracts";
import * as v from "valibot";
import { parse as parseYaml } from "yaml";
import { type AgentConfig, agentConfigSchema, agentOptions, flagOf } from "./agent-config.ts";
import { ConfigError } from "./config-error.ts";

/**
 * Puts the configuration together: what the command line says counts before the file, and the file
 * before the defaults.
 *
 * @param flags by option name, as texts
 * @param file a YAML file with the options at its top level
 * @throws {ConfigError}
 */
export function readConfig(flags: Readonly<Record<string, string>>, file?: string): AgentConfig {
  const fromFile = file === undefined ? {} : readOptions(file);
  const result = v.safeParse(agentConfigSchema, { ...fromFile, ...flags }, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const option = v.getDotPath(issue)?.split(".")[0] ?? "";
  throw configError(
    option,
    issue,
    Object.hasOwn(flags, option) ? flagOf(option) : `${option} in ${String(file)}`,
  );
}

function configError(option: string, issue: v.BaseIssue<unknown>, subject: string): ConfigError {
  if (!Object.hasOwn(agentOptions, option)) {
    return new ConfigError({
      code: "unknown-option",
      operation: "read configuration",
      subject,
      reason: "there is no such option",
      hint: `there are ${Object.keys(agentOptions).join(", ")}`,
    });
  }
  const isMissing = issue.path?.[0]?.origin === "key";
  return new ConfigError({
    code: "invalid-value",
    operation: "read configuration",
    subject: isMissing ? flagOf(option) : subject,
    reason: isMissing ? "it has to be given" : `${describe(issue.input)} is ${issue.message}`,
    hint: "heddle agent --help describes the options",
  });
}

function readOptions(file: string): object {
  try {
    const content: unknown = parseYaml(readFileSync(file, "utf8"));
    if (content === null) return {};
    if (typeof content === "object" && !Array.isArray(content)) return content;
    throw new Error("its top level is not a mapping of options");
  } catch (error) {
    throw new ConfigError({
      code: "unreadable-file",
      operation: "read configuration",
      subject: file,
      reason: toError(error).message,
      hint: "it is YAML with one option per line, such as `nodeName: node-1`",
      cause: error,
    });
  }
}

function describe(input: unknown): string {
  return JSON.stringify(input) ?? String(input);
}
