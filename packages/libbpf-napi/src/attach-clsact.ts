import type { InterfaceIndex } from "@heddle/contracts";
import { addon } from "./addon.ts";
import type { NativeFilter } from "./addon-links.ts";
import { deviceExplanations } from "./attach-tcx.ts";
import type { Attachment, ClsactInfo, ClsactOptions, ClsactPlace } from "./attachment-types.ts";
import {
  type Attempt,
  BpfError,
  type Explanation,
  kernelError,
  UnsupportedFeatureError,
} from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import type { TcxHook } from "./hook-types.ts";
import type { Program } from "./program-types.ts";

/** As native/src/tc.c numbers them. */
const operations = { attach: 0, replace: 1, detach: 2, query: 3 } as const;

/**
 * Attaches a program to a device's traffic as a filter of traffic control (clsact, Linux 4.5): for
 * kernels without tcx, or beside filters of others. It runs after what tcx has there.
 *
 * ```ts
 * const place = { ifindex: interfaceIndex(2), hook: "ingress", priority: 10, handle: 1 } as const;
 * await using filter = await attachClsact(program, { ...place, replace: true });
 * ```
 *
 * The device keeps the filter when this process ends without closing it. What the device needs for
 * filters (`tc qdisc add dev DEVICE clsact`) is added, and left there.
 *
 * @throws {BpfError} `no-device`; `already-attached` when the priority and handle are taken;
 * `invalid-argument` for a program of another section than tc or tcx; `not-permitted`;
 * {@link UnsupportedFeatureError}
 */
export async function attachClsact(
  program: Program,
  options: ClsactOptions,
): Promise<Attachment<Promise<ClsactInfo>>> {
  const { replace = false, priority = 0, handle = 0 } = options;
  const attempt = attemptOf(`attach program ${program.name} to`, options);
  const operation = replace ? operations.replace : operations.attach;
  const place = { ...options, priority, handle };
  const made = await filter(operation, place, program, attempt);
  return new Filter({ ...options, priority: made.priority, handle: made.handle });
}

/**
 * Opens a filter that an earlier process attached by {@link attachClsact}: to replace its program, or to take it off.
 * Nothing changes until then; closing the handle detaches the filter.
 *
 * ```ts
 * const filter = await openClsact({ ifindex, hook: "ingress", priority: 10, handle: 1 });
 * await filter.detach();
 * ```
 *
 * @throws {BpfError} `target-gone` when there is none; `no-device`; `not-permitted`
 */
export async function openClsact(place: ClsactPlace): Promise<Attachment<Promise<ClsactInfo>>> {
  const found = new Filter(place);
  await found.info();
  return found;
}

/**
 * The filters of a device's hook that run eBPF programs, in the order in which they do, whoever attached them.
 *
 * @throws {BpfError} `no-device`, `not-permitted`
 */
export async function queryClsact(
  ifindex: InterfaceIndex,
  hook: TcxHook,
  options: { readonly netns?: string } = {},
): Promise<readonly ClsactInfo[]> {
  const attempt = attemptOf("query programs of", { ifindex, hook });
  const { error, filters } = await addon().tcQuery(ifindex, hook === "egress", options.netns);
  if (error !== 0) throw kernelError(attempt, error, deviceExplanations(ifindex, options.netns));
  return Array.from({ length: filters.length / 3 }, (_, index) => {
    const [priority = 0, handle = 0, programId = 0] = filters.subarray(3 * index);
    return { type: "clsact", ifindex, hook, programId, priority, handle };
  });
}

class Filter implements Attachment<Promise<ClsactInfo>> {
  readonly #place: ClsactPlace;
  #closed = false;

  constructor(place: ClsactPlace) {
    this.#place = place;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async info(): Promise<ClsactInfo> {
    const attempt = this.#attempt("read info of");
    const found = await filter(operations.query, this.#place, undefined, attempt);
    const { programId } = found;
    const { ifindex, hook, priority, handle } = this.#place;
    return { type: "clsact", ifindex, hook, programId, priority, handle };
  }

  async update(program: Program): Promise<void> {
    const attempt = this.#attempt(`attach program ${program.name} to`);
    await filter(operations.replace, this.#place, program, attempt);
  }

  async detach(): Promise<void> {
    const attempt = this.#attempt("detach");
    await filter(operations.detach, this.#place, undefined, attempt);
    this.#closed = true;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.detach();
    } catch (error) {
      // Somebody else removed the filter or the device.
      const gone = error instanceof BpfError && /^(target-gone|no-device)$/.test(error.code);
      if (!gone) throw error;
      this.#closed = true;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #attempt(operation: string): Attempt {
    const attempt = attemptOf(operation, this.#place);
    if (!this.#closed) return attempt;
    throw new BpfError({ ...attempt, code: "handle-closed", reason: "it was closed or detached" });
  }
}

async function filter(
  operation: number,
  place: ClsactPlace,
  program: Program | undefined,
  attempt: Attempt,
): Promise<NativeFilter> {
  const { ifindex, hook, priority, handle, netns } = place;
  const number =
    program === undefined ? -1 : descriptorOf(program, attempt.operation).number(attempt.operation);
  const egress = hook === "egress";
  const done = addon().tcFilter(operation, ifindex, egress, number, handle, priority, netns);
  const result = await done;
  if (result.error === 0) return result;
  const failure = kernelError(attempt, result.error, explanations(place, program !== undefined));
  const lacking = program !== undefined && failure.errno === "ENOENT" && netns === undefined;
  throw lacking ? new UnsupportedFeatureError(attempt, clsact, failure) : failure;
}

const clsact = { name: "clsact", sinceKernel: "4.5" } as const;

function explanations(
  { ifindex, netns, priority, handle }: ClsactPlace,
  attaching: boolean,
): Readonly<Record<string, Explanation>> {
  const gone: Explanation = { code: "target-gone", reason: "the filter is not there any more" };
  const place = `priority ${String(priority)} and handle ${String(handle)}`;
  return {
    ...deviceExplanations(ifindex, netns),
    EEXIST: {
      code: "already-attached",
      reason: `a filter has ${place}`,
      hint: "`replace` takes its place",
    },
    EINVAL: attaching
      ? {
          code: "invalid-argument",
          reason:
            "the kernel refused the program, which must be of a section tc or tcx, or its place",
        }
      : gone,
    ENOENT: attaching ? { reason: `there is no network namespace ${String(netns)}` } : gone,
  };
}

function attemptOf(
  operation: string,
  { ifindex, hook }: Pick<ClsactPlace, "ifindex" | "hook">,
): Attempt {
  return { operation, subject: `device ${String(ifindex)} ${hook} by clsact` };
}
