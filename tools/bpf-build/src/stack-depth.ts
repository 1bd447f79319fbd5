import { type ElfFile, type ElfSymbol, parseElf } from "libbpf-napi";

/** The deepest stack of a program. */
export interface StackDepth {
  readonly program: string;
  /** Bytes of all frames of the chain. */
  readonly bytes: number;
  /** The functions that call one another, the program first, with the bytes of each one's frame. */
  readonly chain: readonly (readonly [name: string, frame: number])[];
}

/** Bytes of stack that all frames of a chain of calls have together (`MAX_BPF_STACK`). */
export const stackLimit = 512;

/**
 * Bytes to which Linux 6.1 rounds each frame, the first one included (`check_max_stack_depth` of kernel/bpf/verifier.c). Later
 * kernels round less.
 */
const frameUnit = 32;

/**
 * How deep the stack of each program of an object gets, by the verifier's own rule. A function that is called back, as by
 * `bpf_loop`, counts as one that is called.
 */
export function stackDepths(bytes: Uint8Array, subject: string): readonly StackDepth[] {
  const elf = parseElf(bytes, subject);
  const functions = readFunctions(elf);
  return functions
    .filter(({ isProgram }) => isProgram)
    .map((program) => {
      const chain = deepestChain(program, new Map());
      return {
        program: program.name,
        bytes: depthOf(chain),
        chain: chain.map(({ name, frame }) => [name, frame]),
      };
    });
}

interface BpfFunction {
  readonly name: string;
  /** Of a section of its own, which libbpf takes for a program. */
  readonly isProgram: boolean;
  readonly frame: number;
  readonly callees: Set<BpfFunction>;
}

function depthOf(chain: readonly BpfFunction[]): number {
  return chain.reduce(
    (sum, { frame }) => sum + Math.ceil(Math.max(frame, 1) / frameUnit) * frameUnit,
    0,
  );
}

/** Programs have no recursion. */
function deepestChain(
  from: BpfFunction,
  known: Map<BpfFunction, readonly BpfFunction[]>,
): readonly BpfFunction[] {
  const before = known.get(from);
  if (before !== undefined) return before;
  const chains = Array.from(from.callees, (callee) => deepestChain(callee, known));
  const [deepest = []] = chains.toSorted((a, b) => depthOf(b) - depthOf(a));
  const chain = [from, ...deepest];
  known.set(from, chain);
  return chain;
}

const instructionBytes = 8;

function readFunctions(elf: ElfFile): readonly BpfFunction[] {
  const places = new Map<string, { readonly of: BpfFunction; readonly symbol: ElfSymbol }>();
  for (const symbol of elf.symbols) {
    if (symbol.type !== "function" || symbol.section === undefined) continue;
    const section = elf.sections[symbol.section];
    if (section === undefined) continue;
    const code = section.bytes.subarray(symbol.offset, symbol.offset + symbol.size);
    const of = {
      name: symbol.name,
      isProgram: section.name !== ".text",
      frame: frameOf(instructionsOf(code)),
      callees: new Set<BpfFunction>(),
    };
    places.set(placeOf(symbol.section, symbol.offset), { of, symbol });
  }
  const relocations = readRelocations(elf);
  for (const { of, symbol } of places.values()) {
    for (const target of targetsOf(elf, symbol, relocations)) {
      const callee = places.get(target);
      if (callee !== undefined) of.callees.add(callee.of);
    }
  }
  return Array.from(places.values(), ({ of }) => of);
}

const placeOf = (section: number, offset: number): string => `${String(section)} ${String(offset)}`;

/** One instruction (RFC 9669 section 3). */
interface Instruction {
  readonly opcode: number;
  readonly destination: number;
  readonly source: number;
  readonly offset: number;
  readonly immediate: number;
}

function instructionsOf(code: Uint8Array): readonly Instruction[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  return Array.from({ length: Math.floor(code.length / instructionBytes) }, (_, index) => {
    const at = index * instructionBytes;
    const registers = view.getUint8(at + 1);
    return {
      opcode: view.getUint8(at),
      destination: registers & 15,
      source: registers >> 4,
      offset: view.getInt16(at + 2, true),
      immediate: view.getInt32(at + 4, true),
    };
  });
}

const opcodes = { loadImmediate: 0x18, call: 0x85, move: 0xbf, add: 0x07 };
const classes = { load: 1, storeImmediate: 2, store: 3 };
const framePointer = 10;
/** What `source` of a call says of one to a function of the program. */
const functionCall = 1;

/** How far below the frame pointer a function reaches. */
function frameOf(code: readonly Instruction[]): number {
  const copies = new Set<number>();
  let lowest = 0;
  for (const { opcode, destination, source, offset, immediate } of code) {
    const kind = opcode & 7;
    if (kind === classes.load && source === framePointer) lowest = Math.min(lowest, offset);
    const isStore = kind === classes.store || kind === classes.storeImmediate;
    if (isStore && destination === framePointer) lowest = Math.min(lowest, offset);
    if (opcode === opcodes.add && copies.has(destination)) lowest = Math.min(lowest, immediate);
    if (opcode === opcodes.move && source === framePointer) copies.add(destination);
    else if (!isStore) copies.delete(destination);
  }
  return -lowest;
}

/** Which symbol an instruction of a section names: by section and offset. */
type Relocations = ReadonlyMap<string, ElfSymbol>;

const relocationSection = 9;
const relocationBytes = 16;

function readRelocations(elf: ElfFile): Relocations {
  const found = new Map<string, ElfSymbol>();
  for (const { type, info, bytes } of elf.sections) {
    if (type !== relocationSection) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + relocationBytes <= bytes.length; at += relocationBytes) {
      const symbol = elf.symbols[view.getUint32(at + 12, true)];
      const place = placeOf(info, Number(view.getBigUint64(at, true)));
      if (symbol !== undefined) found.set(place, symbol);
    }
  }
  return found;
}

/** The places of all functions that a function calls, or hands to a helper to call. */
function* targetsOf(
  elf: ElfFile,
  { section = 0, offset, size }: ElfSymbol,
  relocations: Relocations,
): Generator<string> {
  const code = elf.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array();
  for (const [index, { opcode, source, immediate }] of instructionsOf(code).entries()) {
    const at = offset + index * instructionBytes;
    const symbol = relocations.get(placeOf(section, at));
    const isCall = opcode === opcodes.call && source === functionCall;
    if (symbol?.section !== undefined && (isCall || opcode === opcodes.loadImmediate)) {
      const distance = isCall ? (immediate + 1) * instructionBytes : immediate;
      yield placeOf(symbol.section, symbol.offset + distance);
    } else if (isCall) {
      yield placeOf(section, at + (1 + immediate) * instructionBytes);
    }
  }
}
