import type { StateStream } from "@heddle/contracts";
import { Observable } from "rxjs";

/** A state that is computed from another. */
export function mapState<T, R>(source$: StateStream<T>, compute: (value: T) => R): StateStream<R> {
  return new MappedState(source$, compute);
}

class MappedState<T, R> extends Observable<R> implements StateStream<R> {
  readonly #source$: StateStream<T>;
  readonly #compute: (value: T) => R;

  constructor(source$: StateStream<T>, compute: (value: T) => R) {
    super((subscriber) =>
      source$.subscribe((value) => {
        subscriber.next(compute(value));
      }),
    );
    this.#source$ = source$;
    this.#compute = compute;
  }

  get value(): R {
    return this.#compute(this.#source$.value);
  }
}
