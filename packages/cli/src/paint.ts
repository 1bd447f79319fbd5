import { styleText } from "node:util";
import type { Terminal } from "./terminal.ts";

/** Colours as far as this command uses them. */
export type Colour = "green" | "yellow" | "red" | "cyan" | "dim";

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** How texts are coloured at the terminal. */
export function painter({ colours }: Pick<Terminal, "colours">): Paint {
  if (!colours) return (_, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}
