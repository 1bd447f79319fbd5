import type { IpFamily } from "@heddle/contracts";
import type { Request } from "../netlink/connection.ts";
import { messageFlag } from "../netlink/message.ts";
import {
  bodiesOfFamily,
  deleted,
  forFamilies,
  type Requester,
  requestOf,
} from "../netlink/requester.ts";
import { familyNumber, rtm } from "../netlink/rtm.ts";
import { RtnetlinkError } from "../rtnetlink-error.ts";
import {
  describeRule,
  type Rule,
  ruleFromBody,
  ruleKey,
  type RuleSpec,
  ruleToBody,
} from "./rule.ts";
import { ruleCodec } from "./wire.ts";

/** Which rules to list. */
export interface RuleFilter {
  readonly family?: IpFamily;
}

/** The policy routing rules of a namespace. Every method throws an `RtnetlinkError`. */
export interface Rules {
  list(filter?: RuleFilter): Promise<readonly Rule[]>;
  /** Undefined when there is none that matches and does exactly this. */
  get(spec: RuleSpec): Promise<Rule | undefined>;
  /** `exists`: there is one that matches and does exactly this. */
  add(spec: RuleSpec): Promise<void>;
  /** Adds the rule unless it is there: a rule is what it matches and does, so there is nothing to change. */
  replace(spec: RuleSpec): Promise<void>;
  /** Deletes the first rule that has all that is given; false when there was none. */
  delete(spec: RuleSpec): Promise<boolean>;
}

export function createRules(requester: Requester): Rules {
  const list = (filter: RuleFilter = {}): Promise<readonly Rule[]> =>
    forFamilies(filter.family, (family) => listFamily(requester, family));
  const add = async (spec: RuleSpec): Promise<void> => {
    const request = requestAbout("add rule", spec, rtm.newRule);
    await requester.request({ ...request, flags: messageFlag.create | messageFlag.exclusive });
  };

  return {
    list,
    async get(spec) {
      const key = ruleKey(spec);
      const all = await list({ family: spec.family });
      return all.find((rule) => ruleKey(rule) === key);
    },
    add,
    async replace(spec) {
      try {
        await add(spec);
      } catch (error) {
        if (!(error instanceof RtnetlinkError) || error.code !== "exists") throw error;
      }
    },
    async delete(spec) {
      return deleted(requester.request(requestAbout("delete rule", spec, rtm.deleteRule)));
    },
  };
}

function requestAbout(operation: string, spec: RuleSpec, type: number): Request {
  const attempt = { operation, subject: describeRule(spec) };
  return requestOf(ruleCodec, attempt, type, () => ruleToBody(spec));
}

async function listFamily(requester: Requester, family: IpFamily): Promise<readonly Rule[]> {
  const header = {
    family: familyNumber(family),
    destinationLength: 0,
    sourceLength: 0,
    tos: 0,
    table: 0,
    reserved1: 0,
    reserved2: 0,
    action: 0,
    flags: 0,
  };
  const attempt = { operation: "list rules", subject: `of IPv${String(family)}` };
  const body = { header, attributes: {} };
  const request = requestOf(ruleCodec, attempt, rtm.getRule, () => body);
  const messages = await requester.dump(request);
  return bodiesOfFamily(messages, rtm.newRule, ruleCodec, family)
    .map(ruleFromBody)
    .filter((rule) => rule !== undefined);
}
