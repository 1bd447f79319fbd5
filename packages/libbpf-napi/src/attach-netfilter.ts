import { addon } from "./addon.ts";
import { type Explanation, kernelError } from "./errors.ts";
import { descriptorOf } from "./handle.ts";
import { netfilterFamilies, netfilterHooks } from "./kernel-names.ts";
import { createLink } from "./link.ts";
import type { Link, NetfilterOptions } from "./link-types.ts";
import { explainByProbe } from "./probe.ts";
import type { Program } from "./program-types.ts";

/** `BPF_F_NETFILTER_IP_DEFRAG` of linux/bpf.h. */
const defragmentFlag = 1;

/**
 * Attaches a program to netfilter, among the rules of nftables and iptables (Linux 6.4).
 *
 * ```ts
 * await using link = await attachNetfilter(program, { family: "ipv4", hook: "input", priority: -10 });
 * ```
 *
 * @throws {BpfError} `already-attached` when another has the same priority, `invalid-argument` for a
 * program of another section than netfilter, `not-permitted`; {@link UnsupportedFeatureError}
 */
export async function attachNetfilter(program: Program, options: NetfilterOptions): Promise<Link> {
  const { family, hook, priority = 0, defragment = false, netns } = options;
  const subject = `netfilter ${family} ${hook} ${String(priority)}`;
  const attempt = { operation: `attach program ${program.name} to`, subject };
  const { error, fd } = await addon().netfilterLink(
    descriptorOf(program, attempt.operation).number(attempt.operation),
    netfilterFamilies[family],
    netfilterHooks[hook],
    priority,
    defragment ? defragmentFlag : 0,
    netns,
  );
  if (error === 0) return createLink(fd, `link of ${program.name} at ${subject}`);
  const failure = kernelError(attempt, error, explanations(options));
  const explainable = failure.errno === "EINVAL" || failure.errno === "EOPNOTSUPP";
  throw explainable ? await explainByProbe("netfilter-link", failure) : failure;
}

function explanations({ netns }: NetfilterOptions): Readonly<Record<string, Explanation>> {
  return {
    EBUSY: {
      code: "already-attached",
      reason: "a program has this priority at the hook already",
      hint: "choose another one; `nft list hooks` shows them",
    },
    EINVAL: {
      code: "invalid-argument",
      reason: "the kernel refused the program, which must be of a section netfilter",
    },
    ERANGE: { code: "invalid-argument", reason: "the priority is one of the kernel's own" },
    ENOENT: { reason: `there is no network namespace ${String(netns)}` },
  };
}
