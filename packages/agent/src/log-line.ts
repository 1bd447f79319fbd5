import { CodedError, type LogRecord } from "@heddle/contracts";

/** A record as a line of text: `2026-01-02T03:04:05.678Z INFO  programs loaded deadLinks=0`. */
export function textLine({ level, message, fields }: LogRecord, time: number): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${new Date(time).toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${rest.join("")}`;
}

/** A record as a line of JSON with `time`, `level`, `message` and its fields. */
export function jsonLine({ level, message, fields }: LogRecord, time: number): string {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, jsonValue(value)]),
  );
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...plain });
}

function textValue(value: unknown): string {
  const text = String(jsonValue(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function jsonValue(value: unknown): string | number | boolean {
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (value instanceof CodedError) return `${value.message} [${String(value.code)}]`;
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
}
