import { invalidField } from "../packet-error.ts";
import { concatBytes } from "../wire/bytes.ts";

/** Names of labels without dots, in ASCII that can be read. */
const label = /^[!-\-/-~]{1,63}$/;

/**
 * Reads names of DNS, one behind the other (RFC 1035 section 3.1), up to the first that is empty. Undefined when
 * they are compressed, cut short, or of anything but printable ASCII.
 */
export function readDomainNames(bytes: Uint8Array): readonly string[] | undefined {
  const names: string[] = [];
  let labels: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    const text = String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
    if (length > 0) {
      if (at > bytes.length || !label.test(text)) return undefined;
      labels.push(text);
    } else if (labels.length > 0) {
      names.push(labels.join("."));
      labels = [];
    } else {
      break;
    }
  }
  return labels.length === 0 ? names : undefined;
}

/** @throws {PacketError} `invalid-field` for a name that is empty, or has a label that DNS has no room for */
export function writeDomainNames(names: readonly string[], where: string): Uint8Array {
  return concatBytes(...names.flatMap((name) => [...labelsOf(name, where), Uint8Array.of(0)]));
}

function labelsOf(name: string, where: string): readonly Uint8Array[] {
  return name.split(".").map((text) => {
    if (!label.test(text))
      throw invalidField(where, `${JSON.stringify(name)} is not a domain name`);
    return Uint8Array.of(text.length, ...new TextEncoder().encode(text));
  });
}
