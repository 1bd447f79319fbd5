/** Runs a task once in the next turn of the event loop, however often it was asked for in this one. */
export class NextTurn {
  readonly #task: () => void;
  #pending: NodeJS.Immediate | undefined;

  constructor(task: () => void) {
    this.#task = task;
  }

  request(): void {
    this.#pending ??= setImmediate(() => {
      this.#pending = undefined;
      this.#task();
    });
  }

  /** Forgets what was asked for. */
  close(): void {
    clearImmediate(this.#pending);
    this.#pending = undefined;
  }
}
