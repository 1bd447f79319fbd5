/**
 * The command `heddle`, as a function.
 *
 * @module
 */
export { run } from "./run.ts";
export { processTerminal, type Terminal } from "./terminal.ts";
