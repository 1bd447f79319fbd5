import { type IpPrefix, silentLogger, toError } from "@heddle/contracts";
import type { StoredObject } from "../store/object-store.ts";
import type { PoolView } from "./pool-view.ts";
import { blockName, type NodeBlock } from "./shared-records.ts";
import type { SharedPoolDeps } from "./shared-pool.ts";

/** The objects of node prefixes: each is made, confirmed and deleted here. */
export class BlockObjects {
  readonly #deps: SharedPoolDeps;
  readonly #view: PoolView;

  constructor(deps: SharedPoolDeps, view: PoolView) {
    this.#deps = deps;
    this.#view = view;
  }

  /** All objects, which the view knows from then on. */
  async list(): Promise<readonly StoredObject<NodeBlock>[]> {
    const objects = await this.#deps.blocks.list();
    this.#view.replace(objects.map(({ value }) => value));
    return objects;
  }

  async get(prefix: IpPrefix): Promise<StoredObject<NodeBlock> | undefined> {
    const name = blockName(prefix);
    const held = await this.#deps.blocks.get(name);
    if (held === undefined) this.#view.drop(name);
    else this.#view.put(held.value);
    return held;
  }

  /** Makes the object, or finds that the node has it. Undefined when another node has it, or has just had it. */
  async create(node: string, prefix: IpPrefix): Promise<StoredObject<NodeBlock> | undefined> {
    const name = blockName(prefix);
    const block: NodeBlock = { prefix, node, confirmed: false };
    this.#view.put(block);
    try {
      const made = await this.#deps.blocks.create(name, block);
      if (made !== "conflict") return made;
    } catch (error) {
      this.#view.drop(name);
      throw error;
    }
    const held = await this.get(prefix);
    return held?.value.node === node ? held : undefined;
  }

  /** The node may use the prefix from now on. False when it is the node's no more. */
  async confirm(object: StoredObject<NodeBlock>): Promise<boolean> {
    const { name, version, value } = object;
    if (value.confirmed) return true;
    const written = await this.#deps.blocks.update(name, version, { ...value, confirmed: true });
    if (written !== "conflict") return true;
    const held = await this.get(value.prefix);
    // Somebody else who acts for the node has confirmed it, or it is another object by now.
    return held?.value.node === value.node && held.value.confirmed;
  }

  /**
   * Writes a confirmed object again, so that a late request to delete it, of somebody who has died, comes to nothing. False
   * when it is another one by now.
   */
  async touch({ name, version, value }: StoredObject<NodeBlock>): Promise<boolean> {
    return (await this.#deps.blocks.update(name, version, value)) !== "conflict";
  }

  /** Deletes this very object. False when it is another one by now. */
  async delete({ name, version }: StoredObject<NodeBlock>): Promise<boolean> {
    const isDeleted = (await this.#deps.blocks.delete(name, version)) !== "conflict";
    if (isDeleted) this.#view.drop(name);
    return isDeleted;
  }

  /** Deletes what was made in vain. What cannot be deleted now is found by `held`. */
  async undo(objects: readonly StoredObject<NodeBlock>[]): Promise<void> {
    const { logger = silentLogger } = this.#deps;
    for (const { value } of objects) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- few, and only after a failure
        const held = await this.get(value.prefix);
        // oxlint-disable-next-line no-await-in-loop
        if (held?.value.node === value.node) await this.delete(held);
      } catch (error) {
        const { prefix, node } = value;
        logger.warn("node prefix is left over", { prefix, node, error: toError(error).message });
      }
    }
  }
}
