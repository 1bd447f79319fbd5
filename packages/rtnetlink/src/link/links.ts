import type { InterfaceIndex } from "@heddle/contracts";
import { messageFlag } from "../netlink/message.ts";
import {
  bodiesOf,
  deleted,
  type Requester,
  requestOf,
  unlessAbsent,
} from "../netlink/requester.ts";
import { rtm } from "../netlink/rtm.ts";
import { present } from "../present.ts";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import { type Link, linkFromBody } from "./link.ts";
import {
  describeLinkSpec,
  describeSelector,
  type LinkChanges,
  linkChangesToBodies,
  type LinkSelector,
  type LinkSpec,
  linkSpecToBody,
  remainderOf,
  selectLink,
} from "./link-spec.ts";
import { linkCodec } from "./wire.ts";

/** Which links to list; all that is given must hold. */
export interface LinkFilter {
  readonly kind?: string;
  readonly master?: InterfaceIndex;
}

/** The network devices of a namespace. Every method throws an `RtnetlinkError`. */
export interface Links {
  list(filter?: LinkFilter): Promise<readonly Link[]>;
  /** Undefined when there is none. */
  get(selector: LinkSelector): Promise<Link | undefined>;
  /**
   * Makes a device, both ends of it where it is a veth, and returns it as it is then.
   *
   * An alias and an address generation mode are set in a further request; if that is refused, the device is
   * deleted again. `exists`: there is a device of this name, or of the peer's name in the peer's
   * namespace. `unsupported`: the kernel does not know the kind.
   */
  add(spec: LinkSpec): Promise<Link>;
  /** Changes a device. `device-gone`: there is none; `busy`: first set it down. */
  set(selector: LinkSelector, changes: LinkChanges): Promise<void>;
  /** Deletes a device, with its peer; false when there was none. */
  delete(selector: LinkSelector): Promise<boolean>;
}

const setHints = {
  EBUSY: "set the device down first, or take it from its present master",
  EEXIST: "a device of that name is in the namespace",
};

const addHints = {
  EEXIST: "delete the device of that name, or of the peer's, or choose another name",
  EOPNOTSUPP: "this kernel has no device of that kind; load or build its module",
};

export function createLinks(requester: Requester): Links {
  return new KernelLinks(requester);
}

class KernelLinks implements Links {
  readonly #requester: Requester;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  async list(filter: LinkFilter = {}): Promise<readonly Link[]> {
    const { kind, master } = filter;
    const attempt = { operation: "list links", subject: describeFilter(filter) };
    const info = kind === undefined ? undefined : { kind };
    const request = requestOf(linkCodec, attempt, rtm.getLink, () => ({
      header: { family: 0, type: 0, index: 0, flags: 0, change: 0 },
      attributes: present({ master, info }),
    }));
    const messages = await this.#requester.dump(request);
    return bodiesOf(messages, rtm.newLink, linkCodec).map(linkFromBody);
  }

  async get(selector: LinkSelector): Promise<Link | undefined> {
    const attempt = { operation: "get link", subject: describeSelector(selector) };
    const request = requestOf(linkCodec, attempt, rtm.getLink, () => selectLink(selector));
    const messages = await unlessAbsent(this.#requester.request(request));
    const [found] = bodiesOf(messages ?? [], rtm.newLink, linkCodec);
    return found && linkFromBody(found);
  }

  async add(spec: LinkSpec): Promise<Link> {
    const remainder = remainderOf(spec);
    if (Object.keys(remainder).length === 0) return this.#make(spec);
    // Up last, as the address generation mode has an effect when a device is set up.
    const { up, ...down } = spec;
    const { index } = await this.#make(down);
    try {
      const [, link] = await Promise.all([
        this.set(index, { ...remainder, ...present({ up }) }),
        this.#existing(spec),
      ]);
      return link;
    } catch (error) {
      // Whatever becomes of it, the first failure is the one to tell.
      await this.delete(index).catch(() => false);
      throw error;
    }
  }

  /** Asks for the result together with the request, which saves a round trip. */
  async #make(spec: LinkSpec): Promise<Link> {
    const attempt = { operation: "add link", subject: describeLinkSpec(spec) };
    const request = requestOf(linkCodec, attempt, rtm.newLink, () => linkSpecToBody(spec));
    const flags = messageFlag.create | messageFlag.exclusive;
    const [, link] = await Promise.all([
      this.#requester.request({ ...request, flags, hints: addHints }),
      this.#existing(spec),
    ]);
    return link;
  }

  async #existing(spec: LinkSpec): Promise<Link> {
    const link = await this.get(spec.name);
    if (link !== undefined) return link;
    throw new RtnetlinkError({
      code: "device-gone",
      operation: "add link",
      subject: describeLinkSpec(spec),
      reason: "the device was deleted, renamed or moved as soon as it was made",
    });
  }

  async set(selector: LinkSelector, changes: LinkChanges): Promise<void> {
    const subject = `${describeSelector(selector)} to ${describeChanges(changes)}`;
    // A request has one place for a name, which is the new one.
    const target = changes.name === undefined ? selector : await this.#indexOf(selector, subject);
    const attempt = { operation: "set link", subject };
    const requests = linkChangesToBodies(target, changes)
      .map((body) => requestOf(linkCodec, attempt, rtm.setLink, () => body))
      .map((request) => this.#requester.request({ ...request, hints: setHints }));
    await Promise.all(requests);
  }

  async #indexOf(selector: LinkSelector, subject: string): Promise<InterfaceIndex> {
    if (typeof selector === "number") return selector;
    const link = await this.get(selector);
    if (link !== undefined) return link.index;
    throw new RtnetlinkError({
      code: "device-gone",
      operation: "set link",
      subject,
      reason: "there is no device of this name",
    });
  }

  async delete(selector: LinkSelector): Promise<boolean> {
    const attempt = { operation: "delete link", subject: describeSelector(selector) };
    const request = requestOf(linkCodec, attempt, rtm.deleteLink, () => selectLink(selector));
    return deleted(this.#requester.request(request));
  }
}

function describeFilter({ kind, master }: LinkFilter): string {
  const ofKind = kind === undefined ? [] : [`of kind ${kind}`];
  const ofMaster = master === undefined ? [] : [`of master ${String(master)}`];
  const all = [...ofKind, ...ofMaster];
  return all.length === 0 ? "of any kind" : all.join(" ");
}

function describeChanges({ netns, unknown: _unknown, ...changes }: LinkChanges): string {
  const fields = Object.entries<unknown>({ ...changes }).map(
    ([name, value]) => `${name} ${String(value)}`,
  );
  return [...fields, ...(netns === undefined ? [] : [`namespace ${netns.path}`])].join(", ");
}
