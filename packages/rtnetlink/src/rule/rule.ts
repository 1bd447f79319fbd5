import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  prefixAddress,
  prefixLength,
  prefixOf,
} from "@heddle/contracts";
import type { UnknownAttributes } from "../netlink/attributes.ts";
import { enumeration, type Enumeration, flagSet, type FlagSet } from "../netlink/enumeration.ts";
import { familyFromNumber, familyNumber } from "../netlink/rtm.ts";
import type { Range } from "../netlink/range.ts";
import { unknownOf } from "../netlink/unknown.ts";
import { present } from "../present.ts";
import { headerTable, type RouteProtocol, type RouteTable, routeTables } from "../route/names.ts";
import type { RuleAttributes, RuleBody } from "./wire.ts";

/** What a rule does with a packet that it matches, `FR_ACT_*` of linux/fib_rules.h. */
export type RuleAction = RuleActionName | number;
type RuleActionName = "lookup" | "goto" | "nop" | "blackhole" | "unreachable" | "prohibit";

/** `FIB_RULE_*` of linux/fib_rules.h. Only `invert` can be set. An unnamed bit is its value. */
export type RuleFlag = RuleFlagName | number;
type RuleFlagName =
  | "permanent"
  | "invert"
  | "unresolved"
  | "input-detached"
  | "output-detached"
  | "find-source";

/** Bits of the packet's mark: it matches if `(mark & mask) === value`. */
export interface MarkMatch {
  readonly value: number;
  readonly mask: number;
}

/** What tells a rule from the others of its namespace: all that it matches and does. */
export interface RuleSpec {
  readonly family: IpFamily;
  /** Rules are tried from the lowest on. */
  readonly priority: number;
  /** @defaultValue `lookup` */
  readonly action?: RuleAction;
  /** Where `lookup` looks. Absent with `l3mdev`, whose table is the matched device's. */
  readonly table?: RouteTable;
  /** The priority of the rule at which `goto` goes on. */
  readonly goto?: number;
  readonly source?: IpPrefix;
  readonly destination?: IpPrefix;
  /** The name of the device on which the packet came in; `lo` for what this machine sends. */
  readonly inputDevice?: string;
  /** The name of the device to which the sending socket is bound. */
  readonly outputDevice?: string;
  readonly mark?: MarkMatch;
  /** @defaultValue 0, which matches any */
  readonly tos?: number;
  /** Packets of a device in a VRF, which are looked up in that VRF's table. @defaultValue false */
  readonly l3mdev?: boolean;
  /** The user ids of the sending socket. */
  readonly users?: Range;
  /** The number of the transport protocol. */
  readonly ipProtocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  /** The bits of the port that count, where `sourcePorts` is a single one. Since Linux 6.15. @defaultValue all */
  readonly sourcePortMask?: number;
  /** The bits of the port that count, where `destinationPorts` is a single one. Since Linux 6.15. @defaultValue all */
  readonly destinationPortMask?: number;
  /** The id of the tunnel that the packet came from. */
  readonly tunnelId?: bigint;
  /** A route with a prefix of this length or shorter does not count. */
  readonly suppressPrefixLength?: number;
  /** A route out of a device of this group does not count. */
  readonly suppressGroup?: number;
  /** Matches what it would not match otherwise. @defaultValue false */
  readonly invert?: boolean;
  /** @defaultValue `static` */
  readonly protocol?: RouteProtocol;
  /** Attributes that this version has no field for; they are written back. */
  readonly unknown?: UnknownAttributes;
}

/** A policy routing rule. */
export interface Rule extends RuleSpec {
  readonly action: RuleAction;
  readonly tos: number;
  readonly l3mdev: boolean;
  readonly invert: boolean;
  readonly protocol: RouteProtocol;
  /** In ascending order of the bits, `invert` among them. Not written. */
  readonly flags: readonly RuleFlag[];
}

const actions: Enumeration<RuleActionName> = enumeration("rule action", {
  lookup: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
});

const flags: FlagSet<RuleFlagName> = flagSet("rule flag", {
  permanent: 0x1,
  invert: 0x2,
  unresolved: 0x4,
  "input-detached": 0x8,
  "output-detached": 0x10,
  "find-source": 0x1_0000,
});
const invertBit = flags.toBits(["invert"]);

/** The kernel's way to say that nothing is suppressed. */
const noSuppression = -1;

/** Identifies a rule within its namespace, for maps: equal for rules that match and do the same. */
export function ruleKey(spec: RuleSpec): string {
  return `IPv${String(spec.family)} ${describeRule(spec)}`;
}

/** The rule as it stands in error messages: `100: from 10.0.0.0/8 lookup 7`. */
export function describeRule(spec: RuleSpec): string {
  const { priority, action = "lookup", protocol = "static", unknown = {} } = spec;
  const goto = spec.goto === undefined ? [] : [String(spec.goto)];
  const table = spec.table === undefined ? [] : [tableName(spec.table)];
  const extra = Object.entries<Uint8Array>({ ...unknown }).map(
    ([name, bytes]) => `${name} ${Buffer.from(bytes).toString("hex")}`,
  );
  return [
    `${String(priority)}:`,
    ...(spec.invert === true ? ["not"] : []),
    ...selectorsOf(spec),
    ...(spec.l3mdev === true ? ["l3mdev"] : [String(action), ...table, ...goto]),
    ...labelled("suppress_prefixlength", spec.suppressPrefixLength),
    ...labelled("suppress_ifgroup", spec.suppressGroup),
    ...(protocol === "static" ? [] : ["protocol", String(protocol)]),
    ...extra,
  ].join(" ");
}

function tableName(table: RouteTable): string {
  return String(routeTables.toName(routeTables.toNumber(table)));
}

function selectorsOf(spec: RuleSpec): readonly string[] {
  const { mark, tos = 0 } = spec;
  return [
    ...labelled("from", conditionOf(spec.source)),
    ...labelled("to", conditionOf(spec.destination)),
    ...(tos === 0 ? [] : labelled("tos", tos)),
    ...labelled("iif", spec.inputDevice),
    ...labelled("oif", spec.outputDevice),
    ...labelled("fwmark", mark && `${hex(mark.value)}/${hex(mark.mask)}`),
    ...labelled("uidrange", spec.users && rangeText(spec.users)),
    ...labelled("ipproto", spec.ipProtocol),
    ...labelled("sport", spec.sourcePorts && rangeText(spec.sourcePorts)),
    ...labelled("sport_mask", spec.sourcePortMask && hex(spec.sourcePortMask)),
    ...labelled("dport", spec.destinationPorts && rangeText(spec.destinationPorts)),
    ...labelled("dport_mask", spec.destinationPortMask && hex(spec.destinationPortMask)),
    ...labelled("tun_id", spec.tunnelId),
  ];
}

function labelled(label: string, value: string | number | bigint | undefined): readonly string[] {
  return value === undefined ? [] : [label, String(value)];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function rangeText({ first, last }: Range): string {
  return `${String(first)}-${String(last)}`;
}

/** The rule of a message; undefined for another family than IPv4 and IPv6, as multicast routing has. */
export function ruleFromBody({ header, attributes }: RuleBody): Rule | undefined {
  const family = familyFromNumber(header.family);
  if (family === undefined) return undefined;
  const { source, destination, inputDevice, outputDevice, goto, mark, markMask } = attributes;
  const { users, ipProtocol, sourcePorts, destinationPorts, tunnelId } = attributes;
  const table = attributes.table ?? header.table;
  return {
    family,
    priority: attributes.priority ?? 0,
    action: actions.toName(header.action),
    ...(table === 0 ? {} : { table: routeTables.toName(table) }),
    ...present({
      goto,
      source: source && prefixOf(source, header.sourceLength),
      destination: destination && prefixOf(destination, header.destinationLength),
      inputDevice,
      outputDevice,
      mark: markFrom(mark, markMask),
      users,
      ipProtocol,
      sourcePorts,
      destinationPorts,
      sourcePortMask: portMaskFrom(attributes.sourcePortMask),
      destinationPortMask: portMaskFrom(attributes.destinationPortMask),
      tunnelId,
      suppressPrefixLength: suppressionFrom(attributes.suppressPrefixLength),
      suppressGroup: suppressionFrom(attributes.suppressGroup),
    }),
    tos: header.tos,
    l3mdev: attributes.l3mdev ?? false,
    invert: (header.flags & invertBit) !== 0,
    protocol: attributes.protocol ?? "unspec",
    flags: flags.toFlags(header.flags),
    ...unknownOf(attributes),
  };
}

function markFrom(value: number | undefined, mask: number | undefined): MarkMatch | undefined {
  if (value === undefined && mask === undefined) return undefined;
  return { value: value ?? 0, mask: mask ?? 0xffff_ffff };
}

/** Newer kernels say that all bits count, older ones say nothing. */
function portMaskFrom(mask: number | undefined): number | undefined {
  return mask === 0xffff ? undefined : mask;
}

function suppressionFrom(value: number | undefined): number | undefined {
  return value === noSuppression ? undefined : value;
}

export function ruleToBody(spec: RuleSpec): RuleBody {
  const table = spec.table === undefined ? 0 : routeTables.toNumber(spec.table);
  return {
    header: {
      family: familyNumber(spec.family),
      destinationLength: lengthOf(spec.destination),
      sourceLength: lengthOf(spec.source),
      tos: spec.tos ?? 0,
      table: headerTable(table),
      reserved1: 0,
      reserved2: 0,
      action: actions.toNumber(spec.action ?? "lookup"),
      flags: spec.invert === true ? invertBit : 0,
    },
    attributes: attributesOf(spec, table),
  };
}

function attributesOf(spec: RuleSpec, table: number): RuleAttributes {
  const { priority, goto, inputDevice, outputDevice, users, ipProtocol, tunnelId } = spec;
  const { sourcePorts, destinationPorts, sourcePortMask, destinationPortMask } = spec;
  const { suppressPrefixLength, suppressGroup } = spec;
  return {
    ...(table === 0 ? {} : { table }),
    priority,
    protocol: spec.protocol ?? "static",
    ...present({
      source: addressOf(spec.source),
      destination: addressOf(spec.destination),
      inputDevice,
      outputDevice,
      goto,
      mark: spec.mark?.value,
      markMask: spec.mark?.mask,
      l3mdev: spec.l3mdev === true ? true : undefined,
      users,
      ipProtocol,
      sourcePorts,
      destinationPorts,
      sourcePortMask,
      destinationPortMask,
      tunnelId,
      suppressPrefixLength,
      suppressGroup,
    }),
    ...spec.unknown,
  };
}

function lengthOf(prefix: IpPrefix | undefined): number {
  return prefix === undefined ? 0 : prefixLength(prefix);
}

/** A prefix of length 0 is no condition, and has no attribute. */
function conditionOf(prefix: IpPrefix | undefined): IpPrefix | undefined {
  return lengthOf(prefix) === 0 ? undefined : prefix;
}

function addressOf(prefix: IpPrefix | undefined): IpAddress | undefined {
  const condition = conditionOf(prefix);
  return condition && prefixAddress(condition);
}
