/** Where the demo draws. In a terminal a picture takes the place of the one before; elsewhere only the last is shown. */
export interface Screen {
  /** A line that stays. */
  say(line: string): void;
  /** A picture that the next one, or `settle`, takes the place of. */
  show(lines: readonly string[]): void;
  /** Makes the last picture stay. */
  settle(): void;
}

export function createScreen(output: NodeJS.WriteStream): Screen {
  return output.isTTY ? new TerminalScreen(output) : new PlainScreen(output);
}

class TerminalScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  #height = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  say(line: string): void {
    this.settle();
    this.#output.write(`${line}\n`);
  }

  /** Goes back to the first line of the last picture, and clears each line before it is drawn. */
  show(lines: readonly string[]): void {
    const back = this.#height === 0 ? "" : `\u001b[${String(this.#height)}A`;
    this.#output.write(back + lines.map((line) => `\u001b[2K${line}\n`).join(""));
    this.#height = lines.length;
  }

  settle(): void {
    this.#height = 0;
  }
}

class PlainScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  #last: readonly string[] = [];

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  say(line: string): void {
    this.settle();
    this.#output.write(`${line}\n`);
  }

  show(lines: readonly string[]): void {
    this.#last = lines;
  }

  settle(): void {
    for (const line of this.#last) this.#output.write(`${line}\n`);
    this.#last = [];
  }
}
