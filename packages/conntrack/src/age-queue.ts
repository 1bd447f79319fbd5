/** What stands in a queue: its neighbours there, for nobody else to touch. */
export interface Queued<T> {
  older: T | undefined;
  newer: T | undefined;
}

/**
 * Things in the order in which they were added, to be taken out anywhere in constant time. A `Set` keeps that order
 * too, but goes past every place that was deleted to find its first element.
 */
export class AgeQueue<T extends Queued<T>> {
  #oldest: T | undefined;
  #newest: T | undefined;

  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** Adds what is in no queue. */
  add(item: T): void {
    const before = this.#newest;
    Object.assign(item, { older: before, newer: undefined });
    if (before === undefined) this.#oldest = item;
    else before.newer = item;
    this.#newest = item;
  }

  /** Takes out what is in this queue. */
  delete(item: T): void {
    const { older, newer } = item;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }
}
