import { readFileSync } from "node:fs";
import { toError } from "@heddle/contracts";
import * as v from "valibot";
import { parse as parseYaml } from "yaml";
import {
  type AgentConfig,
  agentConfigSchema,
  agentOptions,
  flagOf,
  orderedOptions,
} from "./agent-config.ts";
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
  const given = { ...fromFile, ...flags };
  const place = (option: string): string =>
    Object.hasOwn(flags, option) ? flagOf(option) : `${option} in ${String(file)}`;
  const result = v.safeParse(agentConfigSchema, given, { abortEarly: true });
  if (result.success) {
    checkOrder(result.output, (option) => Object.hasOwn(given, option), place);
    return result.output;
  }
  const [issue] = result.issues;
  const option = v.getDotPath(issue)?.split(".")[0] ?? "";
  throw configError(option, issue, place(option));
}

/** Of two options that contradict one another it tells one that was given. */
function checkOrder(
  config: AgentConfig,
  isGiven: (option: string) => boolean,
  place: (option: string) => string,
): void {
  for (const [lesser, greater] of orderedOptions) {
    const [low, high] = [config[lesser], config[greater]];
    if (low === undefined || high === undefined || low <= high) continue;
    const [option, reason] = isGiven(lesser)
      ? [lesser, `${String(low)} is more than ${greater}, which is ${String(high)}`]
      : [greater, `${String(high)} is less than ${lesser}, which is ${String(low)}`];
    throw invalidValue(place(option), reason);
  }
}

function invalidValue(subject: string, reason: string): ConfigError {
  return new ConfigError({
    code: "invalid-value",
    operation: "read configuration",
    subject,
    reason,
    hint: "heddle agent --help describes the options",
  });
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
  if (isMissing) return invalidValue(flagOf(option), "it has to be given");
  return invalidValue(subject, `${describe(issue.input)} is ${issue.message}`);
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
