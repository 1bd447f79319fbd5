/**
 * Something that runs: it is constructed without side effects, started once and closed.
 *
 * - The factory that makes it only validates and allocates.
 * - `start` does the I/O and resolves when the service does its work.
 * - `close` waits for work in flight; a second call returns the first call's promise. It never rejects
 *   because of a failure that happened before it.
 */
export interface Service extends AsyncDisposable {
  start(): Promise<void>;
  close(): Promise<void>;
}
