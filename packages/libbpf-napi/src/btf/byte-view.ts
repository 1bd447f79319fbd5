import { BtfError, type BtfErrorCode } from "./btf-error.ts";

/** What the bytes are, for messages. */
export interface ByteSource {
  /** What is read: `read ELF file`. */
  readonly operation: string;
  /** The file: `pod.bpf.o`. */
  readonly subject: string;
  /** The part of it that a view begins at: `section headers`. */
  readonly part: string;
  /** The code of the error when the bytes end too early. */
  readonly code: BtfErrorCode;
}

/** Integers of a part of a file; whatever lies outside throws an error that names part and offset. */
export interface ByteView {
  readonly length: number;
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  i32(offset: number): number;
  u64(offset: number): bigint;
  /** An unsigned 64-bit integer that has to be a size or an offset in memory. */
  size(offset: number): number;
  /** `length` bytes from `offset`, without a copy. */
  bytes(offset: number, length: number): Uint8Array;
  /** The text from `offset` to the next NUL. */
  text(offset: number): string;
  /** Every offset from which {@link ByteView.text} gives this text, which is not empty. */
  find(text: string): readonly number[];
  /** The bytes from `offset` on as a part of its own. */
  part(name: string, offset: number, length: number): ByteView;
  /** An error about what stands at `offset`. */
  error(offset: number, reason: string, hint?: string): BtfError;
}

export function createByteView(
  bytes: Uint8Array,
  littleEndian: boolean,
  source: ByteSource,
): ByteView {
  return new CheckedView(bytes, littleEndian, source);
}

class CheckedView implements ByteView {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #data: DataView;
  readonly #littleEndian: boolean;
  readonly #source: ByteSource;

  constructor(bytes: Uint8Array, littleEndian: boolean, source: ByteSource) {
    this.length = bytes.length;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.#source = source;
  }

  u8(offset: number): number {
    this.#need(offset, 1);
    return this.#data.getUint8(offset);
  }

  u16(offset: number): number {
    this.#need(offset, 2);
    return this.#data.getUint16(offset, this.#littleEndian);
  }

  u32(offset: number): number {
    this.#need(offset, 4);
    return this.#data.getUint32(offset, this.#littleEndian);
  }

  i32(offset: number): number {
    this.#need(offset, 4);
    return this.#data.getInt32(offset, this.#littleEndian);
  }

  u64(offset: number): bigint {
    this.#need(offset, 8);
    return this.#data.getBigUint64(offset, this.#littleEndian);
  }

  size(offset: number): number {
    const value = this.u64(offset);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.error(offset, `${String(value)} is no size or offset in a file`);
  }

  bytes(offset: number, length: number): Uint8Array {
    this.#need(offset, length);
    return this.#bytes.subarray(offset, offset + length);
  }

  text(offset: number): string {
    this.#need(offset, 1);
    const end = this.#bytes.indexOf(0, offset);
    if (end < 0) throw this.error(offset, "a text does not end before the part does");
    return this.#bytes.toString("utf8", offset, end);
  }

  find(text: string): readonly number[] {
    const wanted = Buffer.from(`${text}\0`);
    const found: number[] = [];
    for (let at = this.#bytes.indexOf(wanted); at >= 0; at = this.#bytes.indexOf(wanted, at + 1)) {
      found.push(at);
    }
    return found;
  }

  part(name: string, offset: number, length: number): ByteView {
    const source = { ...this.#source, part: name };
    return new CheckedView(this.bytes(offset, length), this.#littleEndian, source);
  }

  error(offset: number, reason: string, hint?: string): BtfError {
    const { code, operation, subject, part } = this.#source;
    return new BtfError({
      code,
      operation,
      subject,
      reason: `${part}, offset ${String(offset)}: ${reason}`,
      hint,
    });
  }

  #need(offset: number, length: number): void {
    if (offset + length <= this.length) return;
    throw this.error(
      offset,
      `${String(length)} bytes wanted, but it has only ${String(this.length)}`,
      "the file is cut short or damaged",
    );
  }
}
