import { readFile } from "node:fs/promises";
import { endianness } from "node:os";
import { BtfError, type ElfFile, parseElf } from "./btf/index.ts";
import { findStrayReference } from "./elf-references.ts";
import { BpfError } from "./errors.ts";

/** `EM_BPF` and `ET_REL` of elf.h. */
const bpfMachine = 247;
const relocatable = 1;

/** Offsets in the header, elf(5). */
const typeOffset = 16;
const machineOffset = 18;

/**
 * Reads an object file of BPF programs. What libbpf would refuse with a number, or not notice, is
 * refused in words: another kind of file, one that is cut short or leads out of itself, another byte
 * order or processor.
 *
 * @throws {BpfError} `invalid-object`
 */
export function readObjectFile(bytes: Uint8Array, subject: string): ElfFile {
  const elf = parseObject(bytes, subject);
  const host = endianness() === "LE";
  if (elf.littleEndian !== host) {
    throw invalid(
      subject,
      `it is ${elf.littleEndian ? "little" : "big"}-endian, and this machine is not`,
      `compile with clang -target ${host ? "bpfel" : "bpfeb"}`,
    );
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = header.getUint16(machineOffset, host);
  const type = header.getUint16(typeOffset, host);
  if (machine !== bpfMachine) {
    const reason = `it is for ELF machine ${String(machine)}, not for BPF (${String(bpfMachine)})`;
    throw invalid(subject, reason, "compile with clang -target bpf");
  }
  if (type !== relocatable) {
    const reason = `it is of ELF type ${String(type)}, not a relocatable object (${String(relocatable)})`;
    throw invalid(subject, reason, "compile with clang -c");
  }
  const stray = findStrayReference(elf);
  if (stray !== undefined) throw invalid(subject, stray, "the file is damaged: compile it again");
  return elf;
}

/** @throws {BpfError} `invalid-object` */
export async function readObjectBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new BpfError({
      code: "invalid-object",
      operation: "open object",
      subject: path,
      reason: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

function parseObject(bytes: Uint8Array, subject: string): ElfFile {
  try {
    return parseElf(bytes, subject);
  } catch (error) {
    if (!(error instanceof BtfError)) throw error;
    throw invalid(subject, error.reason, error.hint, error);
  }
}

function invalid(subject: string, reason: string, hint?: string, cause?: BtfError): BpfError {
  return new BpfError({
    code: "invalid-object",
    operation: "open object",
    subject,
    reason,
    hint,
    cause,
  });
}
