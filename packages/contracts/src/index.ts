/**
 * What every Heddle package agrees on: branded addresses with strict parsers, coded errors, the three
 * kinds of streams, the life of a service, clock and logger. No I/O.
 *
 * @module
 */
export { AddressError, type AddressErrorCode } from "./address-error.ts";
export type { Brand } from "./brand.ts";
export { type Clock, createManualClock, type ManualClock, systemClock } from "./clock.ts";
export { CodedError, type ErrorParts, toError } from "./coded-error.ts";
export { type Health, type HealthLevel, healthLevels, worseHealth } from "./health.ts";
export * from "./identity.ts";
export * from "./interface-index.ts";
export * from "./ip.ts";
export {
  type Ipv4Address,
  ipv4ByteLength,
  ipv4FromBytes,
  ipv4FromNumber,
  ipv4ToBytes,
  ipv4ToNumber,
  isIpv4,
  parseIpv4,
} from "./ipv4.ts";
export * from "./ipv6.ts";
export * from "./label-selector.ts";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LogLevel,
  logLevels,
  type LogRecord,
  silentLogger,
} from "./logger.ts";
export * from "./mac.ts";
export * from "./port.ts";
export * from "./prefix.ts";
export type { Service } from "./service.ts";
export type {
  Change,
  ChangeStream,
  Delete,
  EventStream,
  StateStream,
  Synced,
  Upsert,
} from "./streams.ts";
