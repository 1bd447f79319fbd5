/** Keys that wait for their turn, each once, first come first served. */
export class WorkQueue<K> {
  readonly #keys = new Set<K>();
  /** Kept between calls: a fresh iterator would step over every slot that was taken before. */
  #next = this.#keys.values();

  get size(): number {
    return this.#keys.size;
  }

  add(key: K): void {
    this.#keys.add(key);
  }

  delete(key: K): void {
    this.#keys.delete(key);
  }

  take(): K | undefined {
    let step = this.#next.next();
    if (step.done === true) {
      this.#next = this.#keys.values();
      step = this.#next.next();
    }
    if (step.done === true) return undefined;
    this.#keys.delete(step.value);
    return step.value;
  }
}
