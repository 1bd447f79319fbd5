import type { AnyLayer } from "./layer.ts";
import type { Packet, PacketDraft } from "./packet.ts";
import type { Protocols } from "./protocols.ts";
import { standardProtocols } from "./standard-layers.ts";
import { verifyChecksums } from "./verify.ts";
import { equalBytes, toHex } from "./wire/bytes.ts";

/** One way in which a packet is not what was expected. */
export interface Mismatch {
  /** Layer and field: `tcp.flags`; `ipv4[1].ttl` where a kind appears twice, counting from 0; else `layers`, `payload`, `trailer` or `problem`. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Compares a parsed packet with what is expected of it; an empty result means that it is as expected:
 *
 * ```ts
 * expect(matchPacket(parsePacket(bytes, { linkType: "ip" }), packet(ipv4({ ttl: 63 }), tcp()))).toEqual([]);
 * ```
 *
 * - The layers must be exactly of the expected kinds; of a layer the fields that the expectation gives are compared.
 * - Payload and trailer are compared when the expectation has them.
 * - A checksum that the expectation does not give must not be wrong, and the packet must have no `problem`.
 */
export function matchPacket(
  found: Packet<AnyLayer>,
  expected: PacketDraft,
  protocols: Protocols<AnyLayer> = standardProtocols,
): readonly Mismatch[] {
  return [...contentMismatches(found, expected), ...checksumMismatches(found, expected, protocols)];
}

function contentMismatches(found: Packet<AnyLayer>, expected: PacketDraft): readonly Mismatch[] {
  return [
    ...problemMismatch(found),
    ...kindMismatch(found.layers, expected.layers),
    ...found.layers.flatMap((layer, index) => {
      const wanted = expected.layers[index];
      if (wanted?.kind !== layer.kind) return [];
      return compareFields(layerName(found.layers, index), layer, wanted);
    }),
    ...(expected.payload ? compare("payload", found.payload, expected.payload) : []),
    ...(expected.trailer ? compare("trailer", found.trailer, expected.trailer) : []),
  ];
}

function problemMismatch({ problem }: Packet<AnyLayer>): readonly Mismatch[] {
  if (problem === undefined) return [];
  return [{ at: "problem", expected: "none", found: `${problem.layer}: ${problem.reason}` }];
}

function kindMismatch(
  found: readonly AnyLayer[],
  expected: readonly AnyLayer[],
): readonly Mismatch[] {
  return compare("layers", kindsOf(found), kindsOf(expected));
}

function kindsOf(layers: readonly AnyLayer[]): string {
  return layers.map(({ kind }) => kind).join(", ");
}

function checksumMismatches(
  found: Packet<AnyLayer>,
  expected: PacketDraft,
  protocols: Protocols<AnyLayer>,
): readonly Mismatch[] {
  return verifyChecksums(found, protocols).flatMap((report) => {
    const wanted = expected.layers[report.index];
    const given = wanted !== undefined && "checksum" in wanted;
    if (report.verdict !== "wrong" || given) return [];
    return [
      {
        at: `${layerName(found.layers, report.index)}.checksum`,
        expected: `0x${(report.computed ?? 0).toString(16)} as computed`,
        found: `0x${report.found.toString(16)}`,
      },
    ];
  });
}

/** The layer's kind, with its place among those of its kind when there are several. */
function layerName(layers: readonly AnyLayer[], index: number): string {
  const kind = layers[index]?.kind ?? "";
  const alike = layers.flatMap((layer, place) => (layer.kind === kind ? [place] : []));
  return alike.length === 1 ? kind : `${kind}[${String(alike.indexOf(index))}]`;
}

function compare(at: string, found: unknown, expected: unknown): readonly Mismatch[] {
  if (expected instanceof Uint8Array) {
    if (found instanceof Uint8Array && equalBytes(found, expected)) return [];
    return [{ at, expected: render(expected), found: render(found) }];
  }
  if (Array.isArray(expected)) return compareLists(at, found, expected);
  if (isObject(expected) && isObject(found)) {
    if (isPacket(found) && isDraft(expected)) return within(at, contentMismatches(found, expected));
    return compareFields(at, found, expected);
  }
  return Object.is(found, expected)
    ? []
    : [{ at, expected: render(expected), found: render(found) }];
}

/** Compares the fields that are expected. */
function compareFields(at: string, found: object, expected: object): readonly Mismatch[] {
  const fields: readonly [string, unknown][] = Object.entries(expected);
  return fields.flatMap(([name, value]) =>
    compare(`${at}.${name}`, Reflect.get(found, name), value),
  );
}

function compareLists(
  at: string,
  found: unknown,
  expected: readonly unknown[],
): readonly Mismatch[] {
  if (!Array.isArray(found) || found.length !== expected.length) {
    return [{ at, expected: render(expected), found: render(found) }];
  }
  return expected.flatMap((value, index) =>
    compare(`${at}[${String(index)}]`, found[index], value),
  );
}

function within(at: string, mismatches: readonly Mismatch[]): readonly Mismatch[] {
  return mismatches.map((mismatch) => ({ ...mismatch, at: `${at}.${mismatch.at}` }));
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isDraft = (value: object): value is PacketDraft => "layers" in value;

const isPacket = (value: object): value is Packet<AnyLayer> =>
  "layers" in value && "missing" in value;

/** More bytes than this are cut in a mismatch. */
const renderedBytes = 64;

function render(value: unknown): string {
  if (value instanceof Uint8Array) {
    const cut = value.length > renderedBytes ? "..." : "";
    return `${String(value.length)} bytes ${toHex(value.subarray(0, renderedBytes))}${cut}`;
  }
  if (Array.isArray(value)) return `[${value.map(render).join(", ")}]`;
  if (!isObject(value)) return String(value);
  const fields: readonly [string, unknown][] = Object.entries(value);
  return `{ ${fields.map(([name, field]) => `${name}: ${render(field)}`).join(", ")} }`;
}
