/** What a log line carries beside its message. Values are rendered by the sink. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Severity, ascending. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of the log. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Where a package says what it does. Messages are constant strings; what varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines carry `fields` too. */
  child(fields: LogFields): Logger;
}

/** A logger that hands each record of at least `minimum` severity to `sink`. */
export function createLogger(
  sink: (record: LogRecord) => void,
  minimum: LogLevel = "info",
): Logger {
  const threshold = logLevels.indexOf(minimum);
  const withFields = (bound: LogFields): Logger => {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}) => {
        if (logLevels.indexOf(level) >= threshold) {
          sink({ level, message, fields: { ...bound, ...fields } });
        }
      };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => withFields({ ...bound, ...fields }),
    };
  };
  return withFields({});
}

/** A logger that says nothing. */
export const silentLogger: Logger = createLogger(() => undefined, "error");
