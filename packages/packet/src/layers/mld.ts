import type { Ipv6Address } from "@heddle/contracts";
import type { Draft, ParseResult } from "../layer.ts";
import { concatBytes, noBytes } from "../wire/bytes.ts";
import { counted, flag, ipv6Field, named, uint } from "../wire/field.ts";
import { layout } from "../wire/layout.ts";
import { nameTable } from "../wire/names.ts";
import { readHeader } from "./icmp-message.ts";
import type {
  Mld,
  MldQueryVersion2,
  MldRecord,
  MldRecordType,
  MulticastListenerQuery,
  MulticastListenerReport,
  MulticastListenerReportV2,
} from "./icmpv6-types.ts";
import { unspecifiedIpv6 } from "./ipv6.ts";

const where = "icmpv6.records";
/** Bytes of the type, which precedes the other fields of a message. */
const typeSize = 1;

const query = layout<Omit<MulticastListenerQuery, "kind" | "type" | "version2">>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  maximumResponseCode: uint(16),
  reserved: uint(16),
  group: ipv6Field,
});

const version2 = layout<Omit<MldQueryVersion2, "sources">>("icmpv6.version2", {
  reserved: uint(4),
  suppress: flag,
  robustness: uint(3),
  queryIntervalCode: uint(8),
  sourceCount: uint(16),
});

const report = layout<Omit<MulticastListenerReport, "kind" | "type">>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  maximumResponseDelay: uint(16),
  reserved: uint(16),
  group: ipv6Field,
});

const reportV2 = layout<Omit<MulticastListenerReportV2, "kind" | "type" | "records">>("icmpv6", {
  code: uint(8),
  checksum: uint(16),
  reserved: uint(16),
  recordCount: uint(16),
});

interface RecordHead extends Pick<MldRecord, "type" | "group"> {
  /** Bytes. */
  readonly auxiliaryLength: number;
  readonly sourceCount: number;
}

const recordHead = layout<RecordHead>(where, {
  type: named(
    8,
    nameTable<MldRecordType>({
      "mode-is-include": 1,
      "mode-is-exclude": 2,
      "change-to-include": 3,
      "change-to-exclude": 4,
      "allow-new-sources": 5,
      "block-old-sources": 6,
    }),
  ),
  auxiliaryLength: counted(8, 4),
  sourceCount: uint(16),
  group: ipv6Field,
});

const source = layout<{ address: Ipv6Address }>(where, { address: ipv6Field });

/** Parses a message of multicast listener discovery of the given type. */
export function parseMld(type: Mld["type"], bytes: Uint8Array): ParseResult<Mld> {
  switch (type) {
    case "multicast-listener-query":
      return parseQuery(bytes);
    case "multicast-listener-report":
    case "multicast-listener-done":
      return readHeader(bytes, report, (fields) => ({ kind: "icmpv6", type, ...fields }));
    case "multicast-listener-report-v2":
    default:
      return parseReportV2(bytes);
  }
}

/** A message of multicast listener discovery without its type. */
export function writeMld(layer: Draft<Mld>): Uint8Array {
  const blank = { code: 0, checksum: 0, reserved: 0, group: unspecifiedIpv6 };
  switch (layer.type) {
    case "multicast-listener-query":
      return concatBytes(
        query.write({ ...blank, maximumResponseCode: 0, ...layer }),
        layer.version2 === undefined ? noBytes : writeVersion2(layer.version2),
      );
    case "multicast-listener-report":
    case "multicast-listener-done":
      return report.write({ ...blank, maximumResponseDelay: 0, ...layer });
    case "multicast-listener-report-v2":
    default: {
      const { records = [] } = layer;
      const fields = reportV2.write({ ...blank, recordCount: records.length, ...layer });
      return concatBytes(fields, ...records.map(writeRecord));
    }
  }
}

/** A query's version is told by its length (RFC 3810 section 8.1). */
function parseQuery(bytes: Uint8Array): ParseResult<MulticastListenerQuery> {
  const kind = "icmpv6";
  const type = "multicast-listener-query";
  const parsed = readHeader(bytes, query, (fields) => ({ kind, type, ...fields }) as const);
  if (parsed.outcome !== "parsed") return parsed;
  const rest = bytes.subarray(parsed.length);
  if (rest.length < version2.size) return parsed;
  const fields = version2.read(rest);
  const sources = readSources(rest.subarray(version2.size), fields.sourceCount);
  return {
    outcome: "parsed",
    layer: { ...parsed.layer, version2: { ...fields, sources } },
    length: parsed.length + version2.size + sources.length * source.size,
  };
}

function parseReportV2(bytes: Uint8Array): ParseResult<MulticastListenerReportV2> {
  const start = typeSize + reportV2.size;
  if (bytes.length < start) return { outcome: "cut-short", needs: start };
  const fields = reportV2.read(bytes.subarray(typeSize));
  const records: MldRecord[] = [];
  let length = start;
  while (records.length < fields.recordCount) {
    const record = readRecord(bytes.subarray(length));
    if (record === undefined) break;
    records.push(record.layer);
    length += record.length;
  }
  const layer = {
    kind: "icmpv6",
    type: "multicast-listener-report-v2",
    ...fields,
    records,
  } as const;
  return { outcome: "parsed", layer, length };
}

/** Undefined when the record is not whole. */
function readRecord(
  bytes: Uint8Array,
): { readonly layer: MldRecord; readonly length: number } | undefined {
  if (bytes.length < recordHead.size) return undefined;
  const { type, group, sourceCount, auxiliaryLength } = recordHead.read(bytes);
  const auxiliary = recordHead.size + sourceCount * source.size;
  const length = auxiliary + auxiliaryLength;
  if (length > bytes.length) return undefined;
  const sources = readSources(bytes.subarray(recordHead.size), sourceCount);
  return {
    layer: { type, group, sources, auxiliaryData: bytes.subarray(auxiliary, length) },
    length,
  };
}

function writeRecord(record: Draft<MldRecord>): Uint8Array {
  const { type, group = unspecifiedIpv6, sources = [], auxiliaryData = noBytes } = record;
  const head = {
    type,
    group,
    sourceCount: sources.length,
    auxiliaryLength: auxiliaryData.length,
  };
  return concatBytes(recordHead.write(head), ...sources.map(writeSource), auxiliaryData);
}

function writeVersion2(fields: Draft<MldQueryVersion2>): Uint8Array {
  const { sources = [] } = fields;
  const blank = { reserved: 0, suppress: false, robustness: 0, queryIntervalCode: 0 };
  const fixed = version2.write({ ...blank, sourceCount: sources.length, ...fields });
  return concatBytes(fixed, ...sources.map(writeSource));
}

/** As many of the addresses as are there. */
function readSources(bytes: Uint8Array, count: number): readonly Ipv6Address[] {
  const there = Math.min(count, Math.floor(bytes.length / source.size));
  return Array.from(
    { length: there },
    (_, index) => source.read(bytes.subarray(index * source.size)).address,
  );
}

function writeSource(address: Ipv6Address): Uint8Array {
  return source.write({ address });
}
