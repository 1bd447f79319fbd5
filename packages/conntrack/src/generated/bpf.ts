// Generated from the types of the BPF objects by `node packages/bpf2ts/src/main.ts --config bpf/bpf2ts.config.ts`; do not edit.
import type { IpAddress, MacAddress } from "@heddle/contracts";
import {
  type Codec,
  type Layout,
  type MapSpec,
  type ObjectSpec,
  type PerCpuMapSpec,
  type ProgramSpec,
  type RingBufferSpec,
  type VariableSpec,
  arrayOf,
  macCodec,
  mappedIpCodec,
  u16,
  u16be,
  u32,
  u64,
  u8,
} from "libbpf-napi";

/** Where what lies in the map `conn_counters`. */
export const ConnCounter = {
  /** Packets by `enum outcome`, from here on. */
  outcomes: 0,
  /** Connections that left the table, by `enum removal`, from here on. */
  removals: 64,
  /** Removals that somebody wanted to be told of, and that did not fit the ring buffer. */
  lost: 80,
  /** Translated connections whose ports are counted nowhere, since the map `nat_ports` was full. */
  uncounted: 81,
  /** Packets that were dropped, since they would have left with a source that is to be translated. */
  leaks: 82,
  /** How many counters fit. */
  count: 96,
} as const;

/** The names of {@link ConnCounter}. */
export type ConnCounterName = keyof typeof ConnCounter;

/** One of {@link ConnCounter}, or a number that has no name here: one that a later release added. */
export type ConnCounter = (typeof ConnCounter)[ConnCounterName] | (number & {});

const connCounterNames = new Map<number, ConnCounterName>([
  [0, "outcomes"],
  [64, "removals"],
  [80, "lost"],
  [81, "uncounted"],
  [82, "leaks"],
  [96, "count"],
]);

/** The name of a value of {@link ConnCounter}, if it has one. */
export function connCounterName(value: ConnCounter): ConnCounterName | undefined {
  return connCounterNames.get(value);
}

/** How far a connection has come. */
export const ConnectionState = {
  /** So far only asked for: the handshake of TCP or SCTP; of others, nothing has come back. */
  opening: 0,
  /** TCP or SCTP after the first packet that is not of the handshake; others once answered. */
  established: 1,
  /** TCP or SCTP that both sides have finished, or one has aborted. It ends on time, whatever comes. */
  closing: 2,
  /** A CPU is about to remove it. It is not found any more. */
  leaving: 3,
} as const;

/** The names of {@link ConnectionState}. */
export type ConnectionStateName = keyof typeof ConnectionState;

/** One of {@link ConnectionState}, or a number that has no name here: one that a later release added. */
export type ConnectionState = (typeof ConnectionState)[ConnectionStateName] | (number & {});

const connectionStateNames = new Map<number, ConnectionStateName>([
  [0, "opening"],
  [1, "established"],
  [2, "closing"],
  [3, "leaving"],
]);

/** The name of a value of {@link ConnectionState}, if it has one. */
export function connectionStateName(value: ConnectionState): ConnectionStateName | undefined {
  return connectionStateNames.get(value);
}

/** Which fields of a filter count. */
export const FilterField = {
  scope: 1,
  state: 2,
  protocol: 4,
  port: 8,
} as const;

/** The names of {@link FilterField}. */
export type FilterFieldName = keyof typeof FilterField;

/** One of {@link FilterField}, or a number that has no name here: one that a later release added. */
export type FilterField = (typeof FilterField)[FilterFieldName] | (number & {});

const filterFieldNames = new Map<number, FilterFieldName>([
  [1, "scope"],
  [2, "state"],
  [4, "protocol"],
  [8, "port"],
]);

/** The name of a value of {@link FilterField}, if it has one. */
export function filterFieldName(value: FilterField): FilterFieldName | undefined {
  return filterFieldNames.get(value);
}

/** Which lifetime in `conn_settings.lifetime`, after four for each scope; the first three are those of the states. */
export const Lifetime = {
  opening: 0,
  established: 1,
  closing: 2,
  /** Of protocols that neither open nor close their connections. */
  other: 3,
  /** How many each scope has. */
  count: 4,
} as const;

/** The names of {@link Lifetime}. */
export type LifetimeName = keyof typeof Lifetime;

/** One of {@link Lifetime}, or a number that has no name here: one that a later release added. */
export type Lifetime = (typeof Lifetime)[LifetimeName] | (number & {});

const lifetimeNames = new Map<number, LifetimeName>([
  [0, "opening"],
  [1, "established"],
  [2, "closing"],
  [3, "other"],
  [4, "count"],
]);

/** The name of a value of {@link Lifetime}, if it has one. */
export function lifetimeName(value: Lifetime): LifetimeName | undefined {
  return lifetimeNames.get(value);
}

/** What is said of the addresses of a prefix. */
export const NatRole = {
  /** Their connections are translated. */
  source: 1,
  /** Connections to them are not. */
  excluded: 2,
} as const;

/** The names of {@link NatRole}. */
export type NatRoleName = keyof typeof NatRole;

/** One of {@link NatRole}, or a number that has no name here: one that a later release added. */
export type NatRole = (typeof NatRole)[NatRoleName] | (number & {});

const natRoleNames = new Map<number, NatRoleName>([
  [1, "source"],
  [2, "excluded"],
]);

/** The name of a value of {@link NatRole}, if it has one. */
export function natRoleName(value: NatRole): NatRoleName | undefined {
  return natRoleNames.get(value);
}

/** How a packet goes on. */
export const NexthopKind = {
  /** Up the node's own stack. */
  stack: 0,
  /** Into a pod of this node. */
  pod: 1,
  /** Out of a device of the node, to a neighbour that the kernel resolves. */
  neighbour: 2,
  /** To such a neighbour, who was not resolved yet: every packet asks again. */
  unresolved: 3,
  /** Through a tunnel, whose packets go out of a device of the node to a neighbour. */
  tunnel: 4,
} as const;

/** The names of {@link NexthopKind}. */
export type NexthopKindName = keyof typeof NexthopKind;

/** One of {@link NexthopKind}, or a number that has no name here: one that a later release added. */
export type NexthopKind = (typeof NexthopKind)[NexthopKindName] | (number & {});

const nexthopKindNames = new Map<number, NexthopKindName>([
  [0, "stack"],
  [1, "pod"],
  [2, "neighbour"],
  [3, "unresolved"],
  [4, "tunnel"],
]);

/** The name of a value of {@link NexthopKind}, if it has one. */
export function nexthopKindName(value: NexthopKind): NexthopKindName | undefined {
  return nexthopKindNames.get(value);
}

/**
 * What a packet is to connection tracking. The number's range says what kind of outcome it is: 1 to 7 tracked,
 * 8 to 15 stray, 16 to 31 invalid, 32 to 39 untracked, 40 to 47 refused.
 */
export const Outcome = {
  /** Of a connection that was there. */
  tracked: 1,
  /** It began a connection. */
  created: 2,
  /** An ICMP error about a connection. */
  related: 3,
  /** An answer, an end or a reset of nothing that is known. */
  noConnection: 8,
  /** An ICMP error about nothing that is known. */
  quotesUnknown: 9,
  /** A later fragment whose first one has not been seen, or was long ago. */
  unknownFragment: 10,
  /** The headers contradict themselves or the length. */
  malformed: 16,
  /** The packet ends before what says which connection it is of. */
  truncated: 17,
  /** TCP flags or SCTP chunks that nobody sends together. */
  impossibleSignal: 18,
  /** An ICMP error that quotes another one. */
  quotesError: 19,
  /** An ICMP error that did not go to the sender of what it quotes. */
  quotesStranger: 20,
  /** A fragment over one that was there, or that changes it (RFC 5722). */
  overlappingFragment: 21,
  /** An echo request where only its reply can come from, or the reply where only the request can. */
  wrongDirection: 22,
  /** More IPv6 extension headers than are looked through. */
  headerChain: 23,
  /** Neither IPv4 nor IPv6. */
  notIp: 32,
  /** ICMP that is neither echo nor error, such as neighbour discovery. */
  notOfConnection: 33,
  /** All entries are of connections that stand. */
  tableFull: 40,
  /** The answers would be those of another connection. */
  tupleInUse: 41,
  /** No port was found to leave with. */
  portsExhausted: 42,
} as const;

/** The names of {@link Outcome}. */
export type OutcomeName = keyof typeof Outcome;

/** One of {@link Outcome}, or a number that has no name here: one that a later release added. */
export type Outcome = (typeof Outcome)[OutcomeName] | (number & {});

const outcomeNames = new Map<number, OutcomeName>([
  [1, "tracked"],
  [2, "created"],
  [3, "related"],
  [8, "noConnection"],
  [9, "quotesUnknown"],
  [10, "unknownFragment"],
  [16, "malformed"],
  [17, "truncated"],
  [18, "impossibleSignal"],
  [19, "quotesError"],
  [20, "quotesStranger"],
  [21, "overlappingFragment"],
  [22, "wrongDirection"],
  [23, "headerChain"],
  [32, "notIp"],
  [33, "notOfConnection"],
  [40, "tableFull"],
  [41, "tupleInUse"],
  [42, "portsExhausted"],
]);

/** The name of a value of {@link Outcome}, if it has one. */
export function outcomeName(value: Outcome): OutcomeName | undefined {
  return outcomeNames.get(value);
}

/** The queues in which connections stand that may be evicted, the oldest first. */
export const QueueKind = {
  /** Of those that are closing, which go first. */
  closing: 0,
  /** Of those that one side can make alone. */
  halfOpen: 1,
} as const;

/** The names of {@link QueueKind}. */
export type QueueKindName = keyof typeof QueueKind;

/** One of {@link QueueKind}, or a number that has no name here: one that a later release added. */
export type QueueKind = (typeof QueueKind)[QueueKindName] | (number & {});

const queueKindNames = new Map<number, QueueKindName>([
  [0, "closing"],
  [1, "halfOpen"],
]);

/** The name of a value of {@link QueueKind}, if it has one. */
export function queueKindName(value: QueueKind): QueueKindName | undefined {
  return queueKindNames.get(value);
}

/** Why a connection left the table. */
export const Removal = {
  /** Its time was over. */
  expired: 0,
  /** It was closing, and its place was needed. */
  evictedClosing: 1,
  /** Only one side had been seen, or it was only asked for, and its place was needed. */
  evictedHalfOpen: 2,
  /** Somebody asked for it. */
  flushed: 3,
  /** A new connection began where it had ended. */
  replaced: 4,
} as const;

/** The names of {@link Removal}. */
export type RemovalName = keyof typeof Removal;

/** One of {@link Removal}, or a number that has no name here: one that a later release added. */
export type Removal = (typeof Removal)[RemovalName] | (number & {});

const removalNames = new Map<number, RemovalName>([
  [0, "expired"],
  [1, "evictedClosing"],
  [2, "evictedHalfOpen"],
  [3, "flushed"],
  [4, "replaced"],
]);

/** The name of a value of {@link Removal}, if it has one. */
export function removalName(value: Removal): RemovalName | undefined {
  return removalNames.get(value);
}

/** Which connections an entry is among. */
export const Scope = {
  /** Between two addresses. Both directions have one key. */
  connection: 0,
  /** Of a service's client with the service's own address. Only the client's direction has the key. */
  service: 1,
  /**
   * Between two addresses, where the key of both directions is another connection's, or an alias: only the packets of the
   * side that began it have the key, those that answer come by an alias.
   */
  oneWay: 2,
} as const;

/** The names of {@link Scope}. */
export type ScopeName = keyof typeof Scope;

/** One of {@link Scope}, or a number that has no name here: one that a later release added. */
export type Scope = (typeof Scope)[ScopeName] | (number & {});

const scopeNames = new Map<number, ScopeName>([
  [0, "connection"],
  [1, "service"],
  [2, "oneWay"],
]);

/** The name of a value of {@link Scope}, if it has one. */
export function scopeName(value: Scope): ScopeName | undefined {
  return scopeNames.get(value);
}

/** What stands where in the `word` of a connection, in bits from the lowest one. */
export const WordBit = {
  /** Two bits, `enum connection_state`. */
  state: 0,
  /** Both sides have been seen. */
  answered: 2,
  /** The side that began it has finished. */
  finishedOriginal: 3,
  /** The side that answers has finished. */
  finishedReply: 4,
  /** The second end of the key began it. */
  fromSecond: 5,
  /** It leaves with another source: `translated` and the port in this word. */
  translated: 6,
  /**
   * No connection, but where the answers to a translated one find it: the key is of the answers, whose sender is the end
   * that `WORD_FROM_SECOND` says, and `translated` and the port in this word are the source before translation.
   */
  alias: 7,
  /** 16 bits, in host order: the port of the translated source. */
  port: 8,
  /** 40 bits: when it began, in jiffies. */
  created: 24,
} as const;

/** The names of {@link WordBit}. */
export type WordBitName = keyof typeof WordBit;

/** One of {@link WordBit}, or a number that has no name here: one that a later release added. */
export type WordBit = (typeof WordBit)[WordBitName] | (number & {});

const wordBitNames = new Map<number, WordBitName>([
  [0, "state"],
  [2, "answered"],
  [3, "finishedOriginal"],
  [4, "finishedReply"],
  [5, "fromSecond"],
  [6, "translated"],
  [7, "alias"],
  [8, "port"],
  [24, "created"],
]);

/** The name of a value of {@link WordBit}, if it has one. */
export function wordBitName(value: WordBit): WordBitName | undefined {
  return wordBitNames.get(value);
}

const mappedIpCodecx2 = arrayOf(mappedIpCodec, 2);
const u16bex2 = arrayOf(u16be, 2);

/**
 * What the packets of a connection have in common. The ends of a connection stand in the order of their addresses and
 * ports (as bytes), so that both directions come to one key; those of a service entry as they do in the client's packets.
 */
export interface ConnectionKey {
  /** The addresses of the ends. */
  readonly address: readonly IpAddress[];
  /** Their ports; of an ICMP echo, the identifier at the end that asks and 0 at the other; else 0. */
  readonly port: readonly number[];
  /** IP protocol number. */
  readonly protocol: number;
  readonly scope: Scope;
}

/** {@link ConnectionKey} in memory: 40 bytes. */
export const connectionKeyCodec: Codec<ConnectionKey> = {
  size: 40,
  encode(value, target, offset) {
    mappedIpCodecx2.encode(value.address, target, offset);
    u16bex2.encode(value.port, target, offset + 32);
    u8.encode(value.protocol, target, offset + 36);
    u8.encode(value.scope, target, offset + 37);
  },
  decode(source, offset) {
    return {
      address: mappedIpCodecx2.decode(source, offset),
      port: u16bex2.decode(source, offset + 32),
      protocol: u8.decode(source, offset + 36),
      scope: u8.decode(source, offset + 37),
    };
  },
};

/**
 * A place in a queue. Whoever leaves the queue before its turn leaves the place behind: it is passed over when its turn
 * comes, since no such connection is there any more.
 */
export interface ConnPlace {
  readonly key: ConnectionKey;
  /** The low half of the place's number, counted from 1, once it is written. */
  readonly turn: number;
  /** The low half of when the connection began. */
  readonly created: number;
}

/** {@link ConnPlace} in memory: 48 bytes. */
export const connPlaceCodec: Codec<ConnPlace> = {
  size: 48,
  encode(value, target, offset) {
    connectionKeyCodec.encode(value.key, target, offset);
    u32.encode(value.turn, target, offset + 40);
    u32.encode(value.created, target, offset + 44);
  },
  decode(source, offset) {
    return {
      key: connectionKeyCodec.decode(source, offset),
      turn: u32.decode(source, offset + 40),
      created: u32.decode(source, offset + 44),
    };
  },
};

const u64x64 = arrayOf(u64, 64);

/** Memory for what the slow path finds out about a packet, more than the 512 bytes of a program's stack hold. */
export interface ConnDraft {
  readonly word: readonly bigint[];
}

/** {@link ConnDraft} in memory: 512 bytes. */
export const connDraftCodec: Codec<ConnDraft> = {
  size: 512,
  encode(value, target, offset) {
    u64x64.encode(value.word, target, offset);
  },
  decode(source, offset) {
    return {
      word: u64x64.decode(source, offset),
    };
  },
};

const u64x2 = arrayOf(u64, 2);

/** A connection that left the table, as it was then. */
export interface ConnectionEvent {
  readonly key: ConnectionKey;
  /** As in `struct connection`. */
  readonly word: bigint;
  readonly expires: bigint;
  readonly translated: IpAddress;
  /** By direction. */
  readonly packets: readonly bigint[];
  readonly bytes: readonly bigint[];
  /** When it left, in jiffies as entries have them. */
  readonly time: bigint;
  readonly removal: Removal;
}

/** {@link ConnectionEvent} in memory: 120 bytes. */
export const connectionEventCodec: Codec<ConnectionEvent> = {
  size: 120,
  encode(value, target, offset) {
    connectionKeyCodec.encode(value.key, target, offset);
    u64.encode(value.word, target, offset + 40);
    u64.encode(value.expires, target, offset + 48);
    mappedIpCodec.encode(value.translated, target, offset + 56);
    u64x2.encode(value.packets, target, offset + 72);
    u64x2.encode(value.bytes, target, offset + 88);
    u64.encode(value.time, target, offset + 104);
    u8.encode(value.removal, target, offset + 112);
  },
  decode(source, offset) {
    return {
      key: connectionKeyCodec.decode(source, offset),
      word: u64.decode(source, offset + 40),
      expires: u64.decode(source, offset + 48),
      translated: mappedIpCodec.decode(source, offset + 56),
      packets: u64x2.decode(source, offset + 72),
      bytes: u64x2.decode(source, offset + 88),
      time: u64.decode(source, offset + 104),
      removal: u8.decode(source, offset + 112),
    };
  },
};

/** What all CPUs count together. Each group has a cache line of its own. */
export interface ConnGauges {
  /** Connections in the map `connections`, aliases not counted. */
  readonly count: bigint;
  /** Those of them that leave with another source, and have an alias. */
  readonly translated: bigint;
  /** Those of them whose key is of `SCOPE_ONE_WAY`. */
  readonly oneWay: bigint;
  /** Places that were ever taken in the queues, by `enum queue_kind`, and places that were given up again. */
  readonly taken: readonly bigint[];
  readonly left: readonly bigint[];
  /** When the last sweep was, in jiffies as entries have them, and in nanoseconds of CLOCK_MONOTONIC. */
  readonly sweptJiffies: bigint;
  readonly sweptTime: bigint;
}

/** {@link ConnGauges} in memory: 192 bytes. */
export const connGaugesCodec: Codec<ConnGauges> = {
  size: 192,
  encode(value, target, offset) {
    u64.encode(value.count, target, offset);
    u64.encode(value.translated, target, offset + 8);
    u64.encode(value.oneWay, target, offset + 16);
    u64x2.encode(value.taken, target, offset + 64);
    u64x2.encode(value.left, target, offset + 80);
    u64.encode(value.sweptJiffies, target, offset + 128);
    u64.encode(value.sweptTime, target, offset + 136);
  },
  decode(source, offset) {
    return {
      count: u64.decode(source, offset),
      translated: u64.decode(source, offset + 8),
      oneWay: u64.decode(source, offset + 16),
      taken: u64x2.decode(source, offset + 64),
      left: u64x2.decode(source, offset + 80),
      sweptJiffies: u64.decode(source, offset + 128),
      sweptTime: u64.decode(source, offset + 136),
    };
  },
};

/** Memory for what `connection_track` finds out about a packet, more than the 512 bytes of a program's stack hold. */
export interface ConnScratch {
  readonly word: readonly bigint[];
}

/** {@link ConnScratch} in memory: 512 bytes. */
export const connScratchCodec: Codec<ConnScratch> = {
  size: 512,
  encode(value, target, offset) {
    u64x64.encode(value.word, target, offset);
  },
  decode(source, offset) {
    return {
      word: u64x64.decode(source, offset),
    };
  },
};

const u64x8 = arrayOf(u64, 8);

/** What user space may change at any time. Nothing is tracked before it has been written. */
export interface ConnSettings {
  /** Jiffies that an entry lives after a packet, at index `scope * LIFETIME_COUNT + enum lifetime`. */
  readonly lifetime: readonly bigint[];
  /** Connections at most. */
  readonly limit: bigint;
  /** Jiffies in which the fragments of a datagram must come. */
  readonly fragmentLifetime: bigint;
  /**
   * What counts of the kernel's jiffies, and what is added: all bits and 0, other than in tests, which set the time by no
   * bits and an offset. It lies beside what each packet reads anyway.
   */
  readonly clockMask: bigint;
  readonly clockOffset: bigint;
  /** Jiffies in a second, for those who read the map. */
  readonly hz: number;
  /** 1 when somebody reads the map `conn_events`. */
  readonly events: number;
}

/** {@link ConnSettings} in memory: 104 bytes. */
export const connSettingsCodec: Codec<ConnSettings> = {
  size: 104,
  encode(value, target, offset) {
    u64x8.encode(value.lifetime, target, offset);
    u64.encode(value.limit, target, offset + 64);
    u64.encode(value.fragmentLifetime, target, offset + 72);
    u64.encode(value.clockMask, target, offset + 80);
    u64.encode(value.clockOffset, target, offset + 88);
    u32.encode(value.hz, target, offset + 96);
    u32.encode(value.events, target, offset + 100);
  },
  decode(source, offset) {
    return {
      lifetime: u64x8.decode(source, offset),
      limit: u64.decode(source, offset + 64),
      fragmentLifetime: u64.decode(source, offset + 72),
      clockMask: u64.decode(source, offset + 80),
      clockOffset: u64.decode(source, offset + 88),
      hz: u32.decode(source, offset + 96),
      events: u32.decode(source, offset + 100),
    };
  },
};

/**
 * One direction of a connection: its counters, and what the datapath decided about its packets for as long as the
 * epochs stand that it was decided under. 0 throughout where nothing was.
 */
export interface ConnectionWay {
  /** The MAC address that was verified of the end that sends, when that is a pod of this node. */
  readonly mac: MacAddress;
  /** The low 12 bits of the last jiffy in which packets met the entry, and above them how many did, 15 at most. */
  readonly burst: number;
  readonly packets: bigint;
  /** Bytes of IP packets, headers included. */
  readonly bytes: bigint;
  /** The sum of all the epochs that the decision was made under. Each only grows, so that the sum says of all. */
  readonly epochs: number;
  /** When the decision was made: the low half of the jiffies. */
  readonly made: number;
  /** The device that the packets come in by. */
  readonly ingressIfindex: number;
  /** The device to leave by. */
  readonly egressIfindex: number;
  /** Slots of the epochs of both endpoints and of the rules in force, or 0. */
  readonly sourceSlot: number;
  readonly targetSlot: number;
  readonly rulesSlot: number;
  /** Largest IP packet that may go this way, in bytes; 0 when the kernel decides. */
  readonly mtu: number;
  /** The identity of the sender. */
  readonly identity: number;
  /** The rule that let the packets pass. */
  readonly rule: number;
  readonly kind: NexthopKind;
  /** The hook that the decision is for, plus 1; 0 when there is no decision. */
  readonly hook: number;
}

/** {@link ConnectionWay} in memory: 56 bytes. */
export const connectionWayCodec: Codec<ConnectionWay> = {
  size: 56,
  encode(value, target, offset) {
    macCodec.encode(value.mac, target, offset);
    u16.encode(value.burst, target, offset + 6);
    u64.encode(value.packets, target, offset + 8);
    u64.encode(value.bytes, target, offset + 16);
    u32.encode(value.epochs, target, offset + 24);
    u32.encode(value.made, target, offset + 28);
    u32.encode(value.ingressIfindex, target, offset + 32);
    u32.encode(value.egressIfindex, target, offset + 36);
    u16.encode(value.sourceSlot, target, offset + 40);
    u16.encode(value.targetSlot, target, offset + 42);
    u16.encode(value.rulesSlot, target, offset + 44);
    u16.encode(value.mtu, target, offset + 46);
    u32.encode(value.identity, target, offset + 48);
    u16.encode(value.rule, target, offset + 52);
    u8.encode(value.kind, target, offset + 54);
    u8.encode(value.hook, target, offset + 55);
  },
  decode(source, offset) {
    return {
      mac: macCodec.decode(source, offset),
      burst: u16.decode(source, offset + 6),
      packets: u64.decode(source, offset + 8),
      bytes: u64.decode(source, offset + 16),
      epochs: u32.decode(source, offset + 24),
      made: u32.decode(source, offset + 28),
      ingressIfindex: u32.decode(source, offset + 32),
      egressIfindex: u32.decode(source, offset + 36),
      sourceSlot: u16.decode(source, offset + 40),
      targetSlot: u16.decode(source, offset + 42),
      rulesSlot: u16.decode(source, offset + 44),
      mtu: u16.decode(source, offset + 46),
      identity: u32.decode(source, offset + 48),
      rule: u16.decode(source, offset + 52),
      kind: u8.decode(source, offset + 54),
      hook: u8.decode(source, offset + 55),
    };
  },
};

const connectionWayCodecx2 = arrayOf(connectionWayCodec, 2);

/**
 * A connection. With its key and what the kernel adds it fills 256 bytes, four cache lines: a packet touches the one that
 * has `expires`, `word` and most of the key, and the one of its direction.
 */
export interface Connection {
  /** From then on, in jiffies, the entry is as good as gone. */
  readonly expires: bigint;
  /** State, flags, translated port and age, as `enum word_bit` says; changed by compare-and-swap. */
  readonly word: bigint;
  /** The neighbour, or the tunnel's end, to send to; one direction at most leaves the node by such. */
  readonly gateway: IpAddress;
  /** Of an alias: the scope of the key that its connection has. */
  readonly scope: Scope;
  /** 1 when the map `nat_ports` counts its port. */
  readonly counted: number;
  /** By direction: of the packets of the side that began it, and of those that answer. */
  readonly way: readonly ConnectionWay[];
  /** The source that the connection leaves with, when it is translated. */
  readonly translated: IpAddress;
}

/** {@link Connection} in memory: 168 bytes. */
export const connectionCodec: Codec<Connection> = {
  size: 168,
  encode(value, target, offset) {
    u64.encode(value.expires, target, offset);
    u64.encode(value.word, target, offset + 8);
    mappedIpCodec.encode(value.gateway, target, offset + 16);
    u8.encode(value.scope, target, offset + 32);
    u8.encode(value.counted, target, offset + 33);
    connectionWayCodecx2.encode(value.way, target, offset + 40);
    mappedIpCodec.encode(value.translated, target, offset + 152);
  },
  decode(source, offset) {
    return {
      expires: u64.decode(source, offset),
      word: u64.decode(source, offset + 8),
      gateway: mappedIpCodec.decode(source, offset + 16),
      scope: u8.decode(source, offset + 32),
      counted: u8.decode(source, offset + 33),
      way: connectionWayCodecx2.decode(source, offset + 40),
      translated: mappedIpCodec.decode(source, offset + 152),
    };
  },
};

/** What the fragments of a datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5). */
export interface FragmentKey {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** 16 bits in IPv4, 32 in IPv6. */
  readonly identification: number;
  /** IP protocol number. */
  readonly protocol: number;
}

/** {@link FragmentKey} in memory: 40 bytes. */
export const fragmentKeyCodec: Codec<FragmentKey> = {
  size: 40,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.source, target, offset);
    mappedIpCodec.encode(value.destination, target, offset + 16);
    u32.encode(value.identification, target, offset + 32);
    u8.encode(value.protocol, target, offset + 36);
  },
  decode(source, offset) {
    return {
      source: mappedIpCodec.decode(source, offset),
      destination: mappedIpCodec.decode(source, offset + 16),
      identification: u32.decode(source, offset + 32),
      protocol: u8.decode(source, offset + 36),
    };
  },
};

/** What the first fragment of a datagram said. */
export interface Fragment {
  /** From then on, in jiffies, later fragments are of nothing that is known. */
  readonly expires: bigint;
  /** The ports, as a tuple has them. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes of the first fragment; later ones begin after them. */
  readonly length: number;
  /** 1 once fragments overlapped: nothing of the datagram is believed any more (RFC 5722). */
  readonly overlapped: number;
}

/** {@link Fragment} in memory: 16 bytes. */
export const fragmentCodec: Codec<Fragment> = {
  size: 16,
  encode(value, target, offset) {
    u64.encode(value.expires, target, offset);
    u16be.encode(value.sourcePort, target, offset + 8);
    u16be.encode(value.destinationPort, target, offset + 10);
    u16.encode(value.length, target, offset + 12);
    u8.encode(value.overlapped, target, offset + 14);
  },
  decode(source, offset) {
    return {
      expires: u64.decode(source, offset),
      sourcePort: u16be.decode(source, offset + 8),
      destinationPort: u16be.decode(source, offset + 10),
      length: u16.decode(source, offset + 12),
      overlapped: u8.decode(source, offset + 14),
    };
  },
};

/** What the packets of one direction of a connection have in common. */
export interface Tuple {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Of TCP, UDP and SCTP; the identifier of an ICMP echo request; else 0. */
  readonly sourcePort: number;
  /** Of TCP, UDP and SCTP; the identifier of an ICMP echo reply; else 0. */
  readonly destinationPort: number;
  /** IP protocol number. */
  readonly protocol: number;
}

/** {@link Tuple} in memory: 40 bytes. */
export const tupleCodec: Codec<Tuple> = {
  size: 40,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.source, target, offset);
    mappedIpCodec.encode(value.destination, target, offset + 16);
    u16be.encode(value.sourcePort, target, offset + 32);
    u16be.encode(value.destinationPort, target, offset + 34);
    u8.encode(value.protocol, target, offset + 36);
  },
  decode(source, offset) {
    return {
      source: mappedIpCodec.decode(source, offset),
      destination: mappedIpCodec.decode(source, offset + 16),
      sourcePort: u16be.decode(source, offset + 32),
      destinationPort: u16be.decode(source, offset + 34),
      protocol: u8.decode(source, offset + 36),
    };
  },
};

/** A CPU's own copy of an entry of `connections`, which spares the packets of one direction the lookup. */
export interface HotConnection {
  /** Of the packets. */
  readonly tuple: Tuple;
  /** The jiffy for which the copy is believed. */
  readonly jiffy: bigint;
  /** The entry's key. */
  readonly key: ConnectionKey;
  /**
   * The counters of the direction are of what took the copy and is not in the entry's own counters yet. Of answers to a
   * translated connection, `translated` and the port in the word are what they are given: the source before translation.
   */
  readonly connection: Connection;
  /** Which way of the connection they go, of `enum direction`. */
  readonly direction: number;
  /** 1 while the copy is being made. */
  readonly busy: number;
}

/** {@link HotConnection} in memory: 264 bytes. */
export const hotConnectionCodec: Codec<HotConnection> = {
  size: 264,
  encode(value, target, offset) {
    tupleCodec.encode(value.tuple, target, offset);
    u64.encode(value.jiffy, target, offset + 40);
    connectionKeyCodec.encode(value.key, target, offset + 48);
    connectionCodec.encode(value.connection, target, offset + 88);
    u32.encode(value.direction, target, offset + 256);
    u32.encode(value.busy, target, offset + 260);
  },
  decode(source, offset) {
    return {
      tuple: tupleCodec.decode(source, offset),
      jiffy: u64.decode(source, offset + 40),
      key: connectionKeyCodec.decode(source, offset + 48),
      connection: connectionCodec.decode(source, offset + 88),
      direction: u32.decode(source, offset + 256),
      busy: u32.decode(source, offset + 260),
    };
  },
};

/** The addresses that connections leave with by one device. */
export interface NatDevice {
  /** Of IPv4 and of IPv6; 0 throughout where there is none, and nothing is translated. */
  readonly address: readonly IpAddress[];
}

/** {@link NatDevice} in memory: 32 bytes. */
export const natDeviceCodec: Codec<NatDevice> = {
  size: 32,
  encode(value, target, offset) {
    mappedIpCodecx2.encode(value.address, target, offset);
  },
  decode(source, offset) {
    return {
      address: mappedIpCodecx2.decode(source, offset),
    };
  },
};

/** To whom connections leave, and with which address. */
export interface NatDestination {
  /** The address that connections leave with. */
  readonly address: IpAddress;
  readonly destination: IpAddress;
  /** 0 of an ICMP echo. */
  readonly destinationPort: number;
  /** IP protocol number. */
  readonly protocol: number;
}

/** {@link NatDestination} in memory: 40 bytes. */
export const natDestinationCodec: Codec<NatDestination> = {
  size: 40,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.address, target, offset);
    mappedIpCodec.encode(value.destination, target, offset + 16);
    u16be.encode(value.destinationPort, target, offset + 32);
    u8.encode(value.protocol, target, offset + 34);
  },
  decode(source, offset) {
    return {
      address: mappedIpCodec.decode(source, offset),
      destination: mappedIpCodec.decode(source, offset + 16),
      destinationPort: u16be.decode(source, offset + 32),
      protocol: u8.decode(source, offset + 34),
    };
  },
};

/** Of the ports to a destination, those in use. */
export interface NatUsage {
  /** All bits set once nothing is counted here any more, and the entry is about to be removed. */
  readonly used: bigint;
  /** 1 after a warning, until less than half of what there is a warning at is in use. */
  readonly warned: number;
}

/** {@link NatUsage} in memory: 16 bytes. */
export const natUsageCodec: Codec<NatUsage> = {
  size: 16,
  encode(value, target, offset) {
    u64.encode(value.used, target, offset);
    u32.encode(value.warned, target, offset + 8);
  },
  decode(source, offset) {
    return {
      used: u64.decode(source, offset),
      warned: u32.decode(source, offset + 8),
    };
  },
};

/** A prefix of addresses. */
export interface NatPrefix {
  /** How many bits count; of IPv4, 96 more than its prefix has. */
  readonly bits: number;
  readonly address: IpAddress;
}

/** {@link NatPrefix} in memory: 20 bytes. */
export const natPrefixCodec: Codec<NatPrefix> = {
  size: 20,
  encode(value, target, offset) {
    u32.encode(value.bits, target, offset);
    mappedIpCodec.encode(value.address, target, offset + 4);
  },
  decode(source, offset) {
    return {
      bits: u32.decode(source, offset),
      address: mappedIpCodec.decode(source, offset + 4),
    };
  },
};

/** How connections leave with another source. User space may change it at any time; connections that are there stay as they are. */
export interface NatSettings {
  /** The addresses to leave with, of IPv4 and of IPv6; 0 throughout where there is none. `nat_devices` may say others. */
  readonly address: readonly IpAddress[];
  /** The ports to leave with, both included, in host order. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Ports that are tried after a connection's own. */
  readonly probes: number;
  /** Starts the hash that says which. */
  readonly seed: number;
  /** Ports to one destination in use at which there is a warning. */
  readonly warnAt: number;
  /** 1 when connections are translated. */
  readonly enabled: number;
  /** 1 when no port is taken that one of the node's own sockets has. */
  readonly sockets: number;
}

/** {@link NatSettings} in memory: 64 bytes. */
export const natSettingsCodec: Codec<NatSettings> = {
  size: 64,
  encode(value, target, offset) {
    mappedIpCodecx2.encode(value.address, target, offset);
    u32.encode(value.firstPort, target, offset + 32);
    u32.encode(value.lastPort, target, offset + 36);
    u32.encode(value.probes, target, offset + 40);
    u32.encode(value.seed, target, offset + 44);
    u32.encode(value.warnAt, target, offset + 48);
    u32.encode(value.enabled, target, offset + 52);
    u32.encode(value.sockets, target, offset + 56);
  },
  decode(source, offset) {
    return {
      address: mappedIpCodecx2.decode(source, offset),
      firstPort: u32.decode(source, offset + 32),
      lastPort: u32.decode(source, offset + 36),
      probes: u32.decode(source, offset + 40),
      seed: u32.decode(source, offset + 44),
      warnAt: u32.decode(source, offset + 48),
      enabled: u32.decode(source, offset + 52),
      sockets: u32.decode(source, offset + 56),
    };
  },
};

/** A destination to which ports run short. */
export interface NatWarning {
  readonly destination: NatDestination;
  readonly used: bigint;
  /** Ports that there are. */
  readonly capacity: bigint;
}

/** {@link NatWarning} in memory: 56 bytes. */
export const natWarningCodec: Codec<NatWarning> = {
  size: 56,
  encode(value, target, offset) {
    natDestinationCodec.encode(value.destination, target, offset);
    u64.encode(value.used, target, offset + 40);
    u64.encode(value.capacity, target, offset + 48);
  },
  decode(source, offset) {
    return {
      destination: natDestinationCodec.decode(source, offset),
      used: u64.decode(source, offset + 40),
      capacity: u64.decode(source, offset + 48),
    };
  },
};

/** Addresses that have the same first bits. */
export interface AddressRange {
  /** With zeros behind the bits that count. */
  readonly address: IpAddress;
  /** How many bits count, 0 to 128; of IPv4, 96 more than its prefix has. */
  readonly bits: number;
  /** 4 or 6; 0 is any address. */
  readonly family: number;
}

/** {@link AddressRange} in memory: 24 bytes. */
export const addressRangeCodec: Codec<AddressRange> = {
  size: 24,
  encode(value, target, offset) {
    mappedIpCodec.encode(value.address, target, offset);
    u32.encode(value.bits, target, offset + 16);
    u32.encode(value.family, target, offset + 20);
  },
  decode(source, offset) {
    return {
      address: mappedIpCodec.decode(source, offset),
      bits: u32.decode(source, offset + 16),
      family: u32.decode(source, offset + 20),
    };
  },
};

/** Which connections are meant: those of which all that is given is true. */
export interface ConnectionFilter {
  /** Where the side that began the connection is. */
  readonly source: AddressRange;
  /** Where the side that answers is. */
  readonly destination: AddressRange;
  /** Where either side is. */
  readonly either: AddressRange;
  /** The port of the side that answers. */
  readonly destinationPort: number;
  /** IP protocol number. */
  readonly protocol: number;
  readonly scope: Scope;
  readonly state: ConnectionState;
  /** Bits of `enum filter_field`: which of the fields after the addresses count. */
  readonly fields: number;
}

/** {@link ConnectionFilter} in memory: 88 bytes. */
export const connectionFilterCodec: Codec<ConnectionFilter> = {
  size: 88,
  encode(value, target, offset) {
    addressRangeCodec.encode(value.source, target, offset);
    addressRangeCodec.encode(value.destination, target, offset + 24);
    addressRangeCodec.encode(value.either, target, offset + 48);
    u16be.encode(value.destinationPort, target, offset + 72);
    u8.encode(value.protocol, target, offset + 74);
    u8.encode(value.scope, target, offset + 75);
    u8.encode(value.state, target, offset + 76);
    u32.encode(value.fields, target, offset + 80);
  },
  decode(source, offset) {
    return {
      source: addressRangeCodec.decode(source, offset),
      destination: addressRangeCodec.decode(source, offset + 24),
      either: addressRangeCodec.decode(source, offset + 48),
      destinationPort: u16be.decode(source, offset + 72),
      protocol: u8.decode(source, offset + 74),
      scope: u8.decode(source, offset + 75),
      state: u8.decode(source, offset + 76),
      fields: u32.decode(source, offset + 80),
    };
  },
};

/** The argument of the program `conn_sweep`, and of `conn_flush`: what to do, and what was done. */
export interface ConnectionSweep {
  /** Set by who calls: removals after which this run ends, 0 for no bound. The program counts it down. */
  readonly budget: bigint;
  /** The element of the table to go on with; set by the program to 0 at the end of the table. 0 is the first one. */
  readonly next: bigint;
  /** What is removed beside what is dead; only `conn_flush` looks at it. */
  readonly filter: ConnectionFilter;
  /** Set by the program: connections that it met, and how many of them it removed for being dead, or meant. */
  readonly visited: bigint;
  readonly expired: bigint;
  readonly flushed: bigint;
  /** When the first of those that it met and that stay expires, in jiffies; all bits set when none stays. */
  readonly soonest: bigint;
  /** The time it is, in jiffies as entries have them, and in nanoseconds of CLOCK_MONOTONIC. */
  readonly now: bigint;
  readonly time: bigint;
  /** Jiffies in a second, as the kernel was configured; 0 when it does not tell. */
  readonly hz: number;
}

/** {@link ConnectionSweep} in memory: 160 bytes. */
export const connectionSweepCodec: Codec<ConnectionSweep> = {
  size: 160,
  encode(value, target, offset) {
    u64.encode(value.budget, target, offset);
    u64.encode(value.next, target, offset + 8);
    connectionFilterCodec.encode(value.filter, target, offset + 16);
    u64.encode(value.visited, target, offset + 104);
    u64.encode(value.expired, target, offset + 112);
    u64.encode(value.flushed, target, offset + 120);
    u64.encode(value.soonest, target, offset + 128);
    u64.encode(value.now, target, offset + 136);
    u64.encode(value.time, target, offset + 144);
    u32.encode(value.hz, target, offset + 152);
  },
  decode(source, offset) {
    return {
      budget: u64.decode(source, offset),
      next: u64.decode(source, offset + 8),
      filter: connectionFilterCodec.decode(source, offset + 16),
      visited: u64.decode(source, offset + 104),
      expired: u64.decode(source, offset + 112),
      flushed: u64.decode(source, offset + 120),
      soonest: u64.decode(source, offset + 128),
      now: u64.decode(source, offset + 136),
      time: u64.decode(source, offset + 144),
      hz: u32.decode(source, offset + 152),
    };
  },
};

/** The queue of `QUEUE_CLOSING`, written round and round. */
export const connClosingMap: MapSpec<number, ConnPlace> = {
  name: "conn_closing",
  type: "array",
  maxEntries: 32768,
  flags: 0,
  key: u32,
  value: connPlaceCodec,
  layout: "ef1e2fd187dae2b2",
};

/** What became of packets, and why connections ended, since the map was made. */
export const connCountersMap: PerCpuMapSpec<number, bigint> = {
  name: "conn_counters",
  type: "percpu_array",
  maxEntries: 96,
  flags: 0,
  key: u32,
  value: u64,
  layout: "07b132f894ade28f",
};

export const connDraftsMap: PerCpuMapSpec<number, ConnDraft> = {
  name: "conn_drafts",
  type: "percpu_array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: connDraftCodec,
  layout: "21beadd30e483f47",
};

/** Connections that left the table, for those who ask: `events` in the map `conn_settings`. */
export const connEventsMap: RingBufferSpec<ConnectionEvent> = {
  name: "conn_events",
  type: "ringbuf",
  maxEntries: 1048576,
  flags: 0,
  event: connectionEventCodec,
  layout: "5ed384603493bc1b",
};

export const connGaugesMap: MapSpec<number, ConnGauges> = {
  name: "conn_gauges",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: connGaugesCodec,
  layout: "d4c7364bc4f49c88",
};

/** The queue of `QUEUE_HALF_OPEN`, written round and round. */
export const connHalfOpenMap: MapSpec<number, ConnPlace> = {
  name: "conn_half_open",
  type: "array",
  maxEntries: 131072,
  flags: 0,
  key: u32,
  value: connPlaceCodec,
  layout: "ef1e2fd187dae2b2",
};

export const connScratchMap: PerCpuMapSpec<number, ConnScratch> = {
  name: "conn_scratch",
  type: "percpu_array",
  maxEntries: 2,
  flags: 0,
  key: u32,
  value: connScratchCodec,
  layout: "21beadd30e483f47",
};

export const connSettingsMap: MapSpec<number, ConnSettings> = {
  name: "conn_settings",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: connSettingsCodec,
  layout: "9dce3125ee8fe4a0",
};

/**
 * All connections. The entries are allocated with the map: `limit` in the map `conn_settings` says how many of them are
 * used, and can be changed at any time.
 */
export const connectionsMap: MapSpec<ConnectionKey, Connection> = {
  name: "connections",
  type: "hash",
  maxEntries: 131072,
  flags: 0,
  key: connectionKeyCodec,
  value: connectionCodec,
  layout: "25a44bf0c7680c10",
};

/** Datagrams whose first fragment has been seen: as many as fit, the one that was asked for last goes last. */
export const fragmentsMap: MapSpec<FragmentKey, Fragment> = {
  name: "fragments",
  type: "lru_hash",
  maxEntries: 4096,
  flags: 0,
  key: fragmentKeyCodec,
  value: fragmentCodec,
  layout: "7249b63d343fddde",
};

/** Connections of which a CPU sees many packets a jiffy, at an index that is a hash of the tuple. */
export const hotConnectionsMap: PerCpuMapSpec<number, HotConnection> = {
  name: "hot_connections",
  type: "percpu_array",
  maxEntries: 1024,
  flags: 0,
  key: u32,
  value: hotConnectionCodec,
  layout: "2c0054939b55ba5c",
};

/** Devices, by interface index, by which connections leave with other addresses than by the rest. */
export const natDevicesMap: MapSpec<number, NatDevice> = {
  name: "nat_devices",
  type: "hash",
  maxEntries: 64,
  flags: 0,
  key: u32,
  value: natDeviceCodec,
  layout: "e55620e8fdc5cb20",
};

/**
 * The use of ports, for those who look and to warn: which ports are taken is for the map `connections` to say. When it is
 * full, connections to further destinations are translated all the same, but counted in `CONN_COUNTER_UNCOUNTED` only.
 */
export const natPortsMap: MapSpec<NatDestination, NatUsage> = {
  name: "nat_ports",
  type: "hash",
  maxEntries: 65536,
  flags: 1,
  key: natDestinationCodec,
  value: natUsageCodec,
  layout: "ffffbb541f5901e8",
};

/** Bits of `enum nat_role` by prefix: those of the prefix, and of all that it lies in, since only the longest one is found. */
export const natPrefixesMap: MapSpec<NatPrefix, number> = {
  name: "nat_prefixes",
  type: "lpm_trie",
  maxEntries: 16384,
  flags: 1,
  key: natPrefixCodec,
  value: u32,
  layout: "ade647aa2bf7a10a",
};

export const natSettingsMap: MapSpec<number, NatSettings> = {
  name: "nat_settings",
  type: "array",
  maxEntries: 1,
  flags: 0,
  key: u32,
  value: natSettingsCodec,
  layout: "b99710b2b8547c06",
};

/** Destinations to which ports run short: once each, and again only after their use fell. */
export const natWarningsMap: RingBufferSpec<NatWarning> = {
  name: "nat_warnings",
  type: "ringbuf",
  maxEntries: 65536,
  flags: 0,
  event: natWarningCodec,
  layout: "465d71b58ce96e36",
};

/** The load-time constants of the object `conntrack`. */
export type ConntrackSettings = {
  /** Places in the queue of each kind: powers of 2, as many as the maps of the same names have. */
  readonly closingPlaces: VariableSpec<number>;
  readonly halfOpenPlaces: VariableSpec<number>;
  readonly sweepSpareElements: VariableSpec<number>;
  /** Whether the packets that pass are those to services' own addresses, of which only the client's side is seen. */
  readonly trackServices: VariableSpec<number>;
};

/** The programs of the object `conntrack`. */
export type ConntrackPrograms = {
  readonly trackIngress: ProgramSpec;
  readonly trackEgress: ProgramSpec;
  readonly connSweep: ProgramSpec;
  readonly connFlush: ProgramSpec;
};

/** The object `conntrack`. */
export const conntrackObject: ObjectSpec<ConntrackSettings> & { readonly programs: ConntrackPrograms } = {
  name: "conntrack",
  programs: {
    trackIngress: { name: "track_ingress", section: "tcx/ingress" },
    trackEgress: { name: "track_egress", section: "tcx/egress" },
    connSweep: { name: "conn_sweep", section: "syscall" },
    connFlush: { name: "conn_flush", section: "syscall" },
  },
  maps: [
    "connections",
    "fragments",
    "conn_gauges",
    "conn_counters",
    "nat_settings",
    "nat_devices",
    "nat_ports",
    "nat_warnings",
    "nat_prefixes",
    "conn_settings",
    "conn_events",
    "conn_closing",
    "conn_half_open",
    "conn_scratch",
  ],
  settings: {
    closingPlaces: { section: ".rodata", offset: 0, codec: u32 },
    halfOpenPlaces: { section: ".rodata", offset: 4, codec: u32 },
    sweepSpareElements: { section: ".rodata", offset: 8, codec: u32 },
    trackServices: { section: ".rodata", offset: 12, codec: u32 },
  },
};

const be32Layout: Layout = { kind: "scalar", format: "be32", size: 4, names: ["__be32", "__u32"] };

const ipAddrLayout: Layout = {
  kind: "struct",
  size: 16,
  names: ["struct ip_addr"],
  fields: [
    {
      name: "word",
      offset: 0,
      type: { kind: "array", size: 16, names: [], length: 4, element: be32Layout },
    },
  ],
};

const be16Layout: Layout = { kind: "scalar", format: "be16", size: 2, names: ["__be16", "__u16"] };

const u8Layout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["__u8"] };

const scopeLayout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["enum scope"] };

/** How {@link ConnectionKey} lies in memory. */
export const connectionKeyLayout: Layout = {
  kind: "struct",
  size: 40,
  names: ["struct connection_key"],
  fields: [
    {
      name: "address",
      offset: 0,
      type: { kind: "array", size: 32, names: [], length: 2, element: ipAddrLayout },
    },
    {
      name: "port",
      offset: 32,
      type: { kind: "array", size: 4, names: [], length: 2, element: be16Layout },
    },
    { name: "protocol", offset: 36, type: u8Layout },
    { name: "scope", offset: 37, type: scopeLayout },
    {
      name: "reserved",
      offset: 38,
      type: { kind: "array", size: 2, names: [], length: 2, element: u8Layout },
    },
  ],
};

const u32Layout: Layout = { kind: "scalar", format: "u32", size: 4, names: ["__u32"] };

/** How {@link ConnPlace} lies in memory. */
export const connPlaceLayout: Layout = {
  kind: "struct",
  size: 48,
  names: ["struct conn_place"],
  fields: [
    { name: "key", offset: 0, type: connectionKeyLayout },
    { name: "turn", offset: 40, type: u32Layout },
    { name: "created", offset: 44, type: u32Layout },
  ],
};

const u64Layout: Layout = { kind: "scalar", format: "u64", size: 8, names: ["__u64"] };

/** How {@link ConnDraft} lies in memory. */
export const connDraftLayout: Layout = {
  kind: "struct",
  size: 512,
  names: ["struct conn_draft"],
  fields: [
    {
      name: "word",
      offset: 0,
      type: { kind: "array", size: 512, names: [], length: 64, element: u64Layout },
    },
  ],
};

const removalLayout: Layout = { kind: "scalar", format: "u8", size: 1, names: ["enum removal"] };

/** How {@link ConnectionEvent} lies in memory. */
export const connectionEventLayout: Layout = {
  kind: "struct",
  size: 120,
  names: ["struct connection_event"],
  fields: [
    { name: "key", offset: 0, type: connectionKeyLayout },
    { name: "word", offset: 40, type: u64Layout },
    { name: "expires", offset: 48, type: u64Layout },
    { name: "translated", offset: 56, type: ipAddrLayout },
    {
      name: "packets",
      offset: 72,
      type: { kind: "array", size: 16, names: [], length: 2, element: u64Layout },
    },
    {
      name: "bytes",
      offset: 88,
      type: { kind: "array", size: 16, names: [], length: 2, element: u64Layout },
    },
    { name: "time", offset: 104, type: u64Layout },
    { name: "removal", offset: 112, type: removalLayout },
    {
      name: "reserved",
      offset: 113,
      type: { kind: "array", size: 7, names: [], length: 7, element: u8Layout },
    },
  ],
};

/** How {@link ConnGauges} lies in memory. */
export const connGaugesLayout: Layout = {
  kind: "struct",
  size: 192,
  names: ["struct conn_gauges"],
  fields: [
    { name: "count", offset: 0, type: u64Layout },
    { name: "translated", offset: 8, type: u64Layout },
    { name: "one_way", offset: 16, type: u64Layout },
    {
      name: "reserved",
      offset: 24,
      type: { kind: "array", size: 40, names: [], length: 5, element: u64Layout },
    },
    {
      name: "taken",
      offset: 64,
      type: { kind: "array", size: 16, names: [], length: 2, element: u64Layout },
    },
    {
      name: "left",
      offset: 80,
      type: { kind: "array", size: 16, names: [], length: 2, element: u64Layout },
    },
    {
      name: "reserved2",
      offset: 96,
      type: { kind: "array", size: 32, names: [], length: 4, element: u64Layout },
    },
    { name: "swept_jiffies", offset: 128, type: u64Layout },
    { name: "swept_time", offset: 136, type: u64Layout },
    {
      name: "reserved3",
      offset: 144,
      type: { kind: "array", size: 48, names: [], length: 6, element: u64Layout },
    },
  ],
};

/** How {@link ConnScratch} lies in memory. */
export const connScratchLayout: Layout = {
  kind: "struct",
  size: 512,
  names: ["struct conn_scratch"],
  fields: [
    {
      name: "word",
      offset: 0,
      type: { kind: "array", size: 512, names: [], length: 64, element: u64Layout },
    },
  ],
};

/** How {@link ConnSettings} lies in memory. */
export const connSettingsLayout: Layout = {
  kind: "struct",
  size: 104,
  names: ["struct conn_settings"],
  fields: [
    {
      name: "lifetime",
      offset: 0,
      type: { kind: "array", size: 64, names: [], length: 8, element: u64Layout },
    },
    { name: "limit", offset: 64, type: u64Layout },
    { name: "fragment_lifetime", offset: 72, type: u64Layout },
    { name: "clock_mask", offset: 80, type: u64Layout },
    { name: "clock_offset", offset: 88, type: u64Layout },
    { name: "hz", offset: 96, type: u32Layout },
    { name: "events", offset: 100, type: u32Layout },
  ],
};

const macAddrLayout: Layout = {
  kind: "struct",
  size: 6,
  names: ["struct mac_addr"],
  fields: [
    {
      name: "byte",
      offset: 0,
      type: { kind: "array", size: 6, names: [], length: 6, element: u8Layout },
    },
  ],
};

const u16Layout: Layout = { kind: "scalar", format: "u16", size: 2, names: ["__u16"] };

const nexthopKindLayout: Layout = {
  kind: "scalar",
  format: "u8",
  size: 1,
  names: ["enum nexthop_kind"],
};

/** How {@link ConnectionWay} lies in memory. */
export const connectionWayLayout: Layout = {
  kind: "struct",
  size: 56,
  names: ["struct connection_way"],
  fields: [
    { name: "mac", offset: 0, type: macAddrLayout },
    { name: "burst", offset: 6, type: u16Layout },
    { name: "packets", offset: 8, type: u64Layout },
    { name: "bytes", offset: 16, type: u64Layout },
    { name: "epochs", offset: 24, type: u32Layout },
    { name: "made", offset: 28, type: u32Layout },
    { name: "ingress_ifindex", offset: 32, type: u32Layout },
    { name: "egress_ifindex", offset: 36, type: u32Layout },
    { name: "source_slot", offset: 40, type: u16Layout },
    { name: "target_slot", offset: 42, type: u16Layout },
    { name: "rules_slot", offset: 44, type: u16Layout },
    { name: "mtu", offset: 46, type: u16Layout },
    { name: "identity", offset: 48, type: u32Layout },
    { name: "rule", offset: 52, type: u16Layout },
    { name: "kind", offset: 54, type: nexthopKindLayout },
    { name: "hook", offset: 55, type: u8Layout },
  ],
};

/** How {@link Connection} lies in memory. */
export const connectionLayout: Layout = {
  kind: "struct",
  size: 168,
  names: ["struct connection"],
  fields: [
    { name: "expires", offset: 0, type: u64Layout },
    { name: "word", offset: 8, type: u64Layout },
    { name: "gateway", offset: 16, type: ipAddrLayout },
    { name: "scope", offset: 32, type: scopeLayout },
    { name: "counted", offset: 33, type: u8Layout },
    {
      name: "reserved",
      offset: 34,
      type: { kind: "array", size: 6, names: [], length: 6, element: u8Layout },
    },
    {
      name: "way",
      offset: 40,
      type: { kind: "array", size: 112, names: [], length: 2, element: connectionWayLayout },
    },
    { name: "translated", offset: 152, type: ipAddrLayout },
  ],
};

/** How {@link FragmentKey} lies in memory. */
export const fragmentKeyLayout: Layout = {
  kind: "struct",
  size: 40,
  names: ["struct fragment_key"],
  fields: [
    { name: "source", offset: 0, type: ipAddrLayout },
    { name: "destination", offset: 16, type: ipAddrLayout },
    { name: "identification", offset: 32, type: u32Layout },
    { name: "protocol", offset: 36, type: u8Layout },
    {
      name: "reserved",
      offset: 37,
      type: { kind: "array", size: 3, names: [], length: 3, element: u8Layout },
    },
  ],
};

/** How {@link Fragment} lies in memory. */
export const fragmentLayout: Layout = {
  kind: "struct",
  size: 16,
  names: ["struct fragment"],
  fields: [
    { name: "expires", offset: 0, type: u64Layout },
    { name: "source_port", offset: 8, type: be16Layout },
    { name: "destination_port", offset: 10, type: be16Layout },
    { name: "length", offset: 12, type: u16Layout },
    { name: "overlapped", offset: 14, type: u8Layout },
    { name: "reserved", offset: 15, type: u8Layout },
  ],
};

/** How {@link Tuple} lies in memory. */
export const tupleLayout: Layout = {
  kind: "struct",
  size: 40,
  names: ["struct tuple"],
  fields: [
    { name: "source", offset: 0, type: ipAddrLayout },
    { name: "destination", offset: 16, type: ipAddrLayout },
    { name: "source_port", offset: 32, type: be16Layout },
    { name: "destination_port", offset: 34, type: be16Layout },
    { name: "protocol", offset: 36, type: u8Layout },
    {
      name: "reserved",
      offset: 37,
      type: { kind: "array", size: 3, names: [], length: 3, element: u8Layout },
    },
  ],
};

/** How {@link HotConnection} lies in memory. */
export const hotConnectionLayout: Layout = {
  kind: "struct",
  size: 264,
  names: ["struct hot_connection"],
  fields: [
    { name: "tuple", offset: 0, type: tupleLayout },
    { name: "jiffy", offset: 40, type: u64Layout },
    { name: "key", offset: 48, type: connectionKeyLayout },
    { name: "connection", offset: 88, type: connectionLayout },
    { name: "direction", offset: 256, type: u32Layout },
    { name: "busy", offset: 260, type: u32Layout },
  ],
};

/** How {@link NatDevice} lies in memory. */
export const natDeviceLayout: Layout = {
  kind: "struct",
  size: 32,
  names: ["struct nat_device"],
  fields: [
    {
      name: "address",
      offset: 0,
      type: { kind: "array", size: 32, names: [], length: 2, element: ipAddrLayout },
    },
  ],
};

/** How {@link NatDestination} lies in memory. */
export const natDestinationLayout: Layout = {
  kind: "struct",
  size: 40,
  names: ["struct nat_destination"],
  fields: [
    { name: "address", offset: 0, type: ipAddrLayout },
    { name: "destination", offset: 16, type: ipAddrLayout },
    { name: "destination_port", offset: 32, type: be16Layout },
    { name: "protocol", offset: 34, type: u8Layout },
    {
      name: "reserved",
      offset: 35,
      type: { kind: "array", size: 5, names: [], length: 5, element: u8Layout },
    },
  ],
};

/** How {@link NatUsage} lies in memory. */
export const natUsageLayout: Layout = {
  kind: "struct",
  size: 16,
  names: ["struct nat_usage"],
  fields: [
    { name: "used", offset: 0, type: u64Layout },
    { name: "warned", offset: 8, type: u32Layout },
    { name: "reserved", offset: 12, type: u32Layout },
  ],
};

/** How {@link NatPrefix} lies in memory. */
export const natPrefixLayout: Layout = {
  kind: "struct",
  size: 20,
  names: ["struct nat_prefix"],
  fields: [
    { name: "bits", offset: 0, type: u32Layout },
    { name: "address", offset: 4, type: ipAddrLayout },
  ],
};

/** How {@link NatSettings} lies in memory. */
export const natSettingsLayout: Layout = {
  kind: "struct",
  size: 64,
  names: ["struct nat_settings"],
  fields: [
    {
      name: "address",
      offset: 0,
      type: { kind: "array", size: 32, names: [], length: 2, element: ipAddrLayout },
    },
    { name: "first_port", offset: 32, type: u32Layout },
    { name: "last_port", offset: 36, type: u32Layout },
    { name: "probes", offset: 40, type: u32Layout },
    { name: "seed", offset: 44, type: u32Layout },
    { name: "warn_at", offset: 48, type: u32Layout },
    { name: "enabled", offset: 52, type: u32Layout },
    { name: "sockets", offset: 56, type: u32Layout },
    { name: "reserved", offset: 60, type: u32Layout },
  ],
};

/** How {@link NatWarning} lies in memory. */
export const natWarningLayout: Layout = {
  kind: "struct",
  size: 56,
  names: ["struct nat_warning"],
  fields: [
    { name: "destination", offset: 0, type: natDestinationLayout },
    { name: "used", offset: 40, type: u64Layout },
    { name: "capacity", offset: 48, type: u64Layout },
  ],
};

/** How {@link AddressRange} lies in memory. */
export const addressRangeLayout: Layout = {
  kind: "struct",
  size: 24,
  names: ["struct address_range"],
  fields: [
    { name: "address", offset: 0, type: ipAddrLayout },
    { name: "bits", offset: 16, type: u32Layout },
    { name: "family", offset: 20, type: u32Layout },
  ],
};

const connectionStateLayout: Layout = {
  kind: "scalar",
  format: "u8",
  size: 1,
  names: ["enum connection_state"],
};

/** How {@link ConnectionFilter} lies in memory. */
export const connectionFilterLayout: Layout = {
  kind: "struct",
  size: 88,
  names: ["struct connection_filter"],
  fields: [
    { name: "source", offset: 0, type: addressRangeLayout },
    { name: "destination", offset: 24, type: addressRangeLayout },
    { name: "either", offset: 48, type: addressRangeLayout },
    { name: "destination_port", offset: 72, type: be16Layout },
    { name: "protocol", offset: 74, type: u8Layout },
    { name: "scope", offset: 75, type: scopeLayout },
    { name: "state", offset: 76, type: connectionStateLayout },
    {
      name: "reserved",
      offset: 77,
      type: { kind: "array", size: 3, names: [], length: 3, element: u8Layout },
    },
    { name: "fields", offset: 80, type: u32Layout },
    { name: "reserved2", offset: 84, type: u32Layout },
  ],
};

/** How {@link ConnectionSweep} lies in memory. */
export const connectionSweepLayout: Layout = {
  kind: "struct",
  size: 160,
  names: ["struct connection_sweep"],
  fields: [
    { name: "budget", offset: 0, type: u64Layout },
    { name: "next", offset: 8, type: u64Layout },
    { name: "filter", offset: 16, type: connectionFilterLayout },
    { name: "visited", offset: 104, type: u64Layout },
    { name: "expired", offset: 112, type: u64Layout },
    { name: "flushed", offset: 120, type: u64Layout },
    { name: "soonest", offset: 128, type: u64Layout },
    { name: "now", offset: 136, type: u64Layout },
    { name: "time", offset: 144, type: u64Layout },
    { name: "hz", offset: 152, type: u32Layout },
    { name: "reserved", offset: 156, type: u32Layout },
  ],
};
