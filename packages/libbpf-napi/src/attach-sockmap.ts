import { addon } from "./addon.ts";
import type { Attachment, SockmapAttachmentInfo, SockmapOptions } from "./attachment-types.ts";
import { type Attempt, BpfError, type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { nativeMapInfo } from "./kernel-map-base.ts";
import { sockmapAttachTypes } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { Link } from "./link-types.ts";
import { explainByProbe, probe } from "./probe.ts";
import { openProgramById } from "./program.ts";
import type { Program } from "./program-types.ts";

/**
 * Attaches a program to a map of sockets: by a link where the kernel has it (Linux 6.10), else so
 * that the map holds it (Linux 4.14). A {@link Link} has a `pin`, the other has not.
 *
 * ```ts
 * await using attached = await attachSockmap(program, { map: sockets, hook: "msg_verdict" });
 * ```
 *
 * A map takes one program for each hook. A map that holds it keeps it when this process ends.
 *
 * @throws {BpfError} `already-attached`, `not-permitted`, `invalid-argument` for another type of map
 * or a program of another hook; {@link UnsupportedFeatureError} for an `owner` of `"link"` before 6.10
 */
export async function attachSockmap(
  program: Program,
  options: SockmapOptions,
): Promise<Link | Attachment<SockmapAttachmentInfo>> {
  const { owner } = options;
  if (owner === "map") return attachToMap(program, options);
  try {
    return await attachByLink(program, options);
  } catch (error) {
    if (!(error instanceof BpfError) || error.errno !== "EINVAL") throw error;
    const { supported } = await probe("sockmap-link");
    if (!supported && owner === undefined) return attachToMap(program, options);
    throw await explainByProbe("sockmap-link", error);
  }
}

async function attachByLink(program: Program, { map, hook }: SockmapOptions): Promise<Link> {
  const attempt = attemptOf(program, { map, hook });
  const { operation, subject } = attempt;
  const number = descriptorOf(program, operation).number(operation);
  const target = descriptorOf(map, operation).number(operation);
  const attachType = sockmapAttachTypes[hook];
  const created = addon().linkCreate(number, target, true, attachType, 0, 0, 0n, undefined);
  const { error, fd } = await created;
  if (error !== 0) throw kernelError(attempt, error, explanations);
  return createLink(fd, `link of ${program.name} at ${subject}`);
}

async function attachToMap(
  program: Program,
  options: SockmapOptions,
): Promise<Attachment<SockmapAttachmentInfo>> {
  const attachment = new HeldByMap(options);
  await attachment.update(program);
  return attachment;
}

class HeldByMap implements Attachment<SockmapAttachmentInfo> {
  readonly #options: SockmapOptions;
  /** A handle of its own: the kernel detaches only who can name the program. */
  #program: Program | undefined;
  #closed = false;

  constructor(options: SockmapOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  info(): SockmapAttachmentInfo {
    const { map, hook } = this.#options;
    const program = this.#attached("read info of");
    const mapId = nativeMapInfo(descriptorOf(map, "read info of")).id;
    return { type: "sockmap", id: undefined, programId: program.info().id, mapId, hook };
  }

  async update(program: Program): Promise<void> {
    const attempt = attemptOf(program, this.#options);
    if (this.#closed) this.#attached(attempt.operation);
    const next = openProgramById(program.info().id);
    try {
      await this.#tie(next, true, attempt);
    } catch (error) {
      next.close();
      throw error;
    }
    this.#program?.close();
    this.#program = next;
  }

  async detach(): Promise<void> {
    const program = this.#attached("detach");
    const { subject } = attemptOf(program, this.#options);
    await this.#tie(program, false, { operation: `detach program ${program.name} from`, subject });
    this.#release();
  }

  async close(): Promise<void> {
    if (this.#program === undefined) return;
    const program = this.#program;
    this.#program = undefined;
    this.#closed = true;
    const { subject } = attemptOf(program, this.#options);
    try {
      await this.#tie(program, false, { operation: "close", subject });
    } catch (error) {
      // Another program took its place, or the map is gone.
      if (!(error instanceof BpfError && isGone(error))) throw error;
    } finally {
      program.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #tie(program: Program, attach: boolean, attempt: Attempt): Promise<void> {
    const { map, hook } = this.#options;
    const { operation } = attempt;
    const number = descriptorOf(program, operation).number(operation);
    const target = descriptorOf(map, operation).number(operation);
    const tied = addon().programAttach(number, target, sockmapAttachTypes[hook], attach);
    const { error } = await tied;
    if (error !== 0) throw kernelError(attempt, error, explanations);
  }

  #release(): void {
    this.#program?.close();
    this.#program = undefined;
    this.#closed = true;
  }

  #attached(operation: string): Program {
    if (this.#program !== undefined) return this.#program;
    throw new BpfError({
      code: "handle-closed",
      operation,
      subject: `a program at hook ${this.#options.hook}`,
      reason: "it was closed or detached",
    });
  }
}

function isGone({ errno, code }: BpfError): boolean {
  return errno === "ENOENT" || code === "handle-closed";
}

const explanations: Readonly<Record<string, Explanation>> = {
  EBUSY: { code: "already-attached", reason: "the map has a program for this hook" },
  EINVAL: {
    code: "invalid-argument",
    reason: "the map is no sockmap or sockhash, or the program was written for another hook",
  },
  EOPNOTSUPP: {
    code: "invalid-argument",
    reason: "the map takes no program for this hook beside those that it has",
    hint: "a verdict on packets excludes a parser and a verdict on streams",
  },
};

function attemptOf(program: Program, { map, hook }: SockmapOptions): Attempt {
  const operation = `attach program ${program.name} to`;
  return { operation, subject: `${descriptorOf(map, operation).subject} ${hook}` };
}
