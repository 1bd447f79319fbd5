import { afterEach, beforeEach } from "vitest";
import { loadObject } from "../load-object.ts";
import type { LoadedObject } from "../object-types.ts";
import { compileCounter } from "./counter.ts";
import { createTestNamespace, type TestNamespace } from "./namespace.ts";

/** The counter, loaded, and a network namespace: new ones for each test. */
export class CounterScene {
  readonly counter: ReturnType<typeof compileCounter> = compileCounter();
  #object: LoadedObject | undefined;
  #namespace: TestNamespace | undefined;

  get object(): LoadedObject {
    if (this.#object === undefined) throw new Error("there is an object during a test only");
    return this.#object;
  }

  get namespace(): TestNamespace {
    if (this.#namespace === undefined) throw new Error("there is a namespace during a test only");
    return this.#namespace;
  }

  async open(): Promise<void> {
    this.#object = await loadObject(this.counter.object, this.counter.bytes);
    this.#namespace = createTestNamespace();
  }

  close(): void {
    this.#namespace?.[Symbol.dispose]();
    this.#object?.close();
    this.#namespace = undefined;
    this.#object = undefined;
  }
}

/** Makes the scene of a file's tests. */
export function counterScene(): CounterScene {
  const scene = new CounterScene();
  beforeEach(() => scene.open());
  afterEach(() => scene.close());
  return scene;
}
