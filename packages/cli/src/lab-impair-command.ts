import type { ImpairedDirection, Impairment, Lab } from "@heddle/lab";
import { type Command, InvalidArgumentError, Option } from "commander";
import { formatImpairments } from "./lab-tables.ts";
import { jsonDocument, type OutputOptions } from "./output-option.ts";
import type { Terminal } from "./terminal.ts";

interface ImpairOptions extends OutputOptions {
  readonly name: string;
  readonly loss?: string;
  readonly duplicate?: string;
  readonly reorder?: string;
  readonly delay?: string;
  readonly gap?: string;
  readonly seed?: number;
  readonly direction: "both" | ImpairedDirection;
  readonly none?: true;
}

/** Gives `heddle lab impair` its options and what it does. */
export function fillImpairCommand(
  command: Command,
  terminal: Terminal,
  open: (name: string) => Promise<Lab>,
): void {
  command
    .argument("[LINK]", "HOST, which is all of its links, or HOST/DEVICE (default: show all).")
    .option("--loss <PERCENT>", "How many packets are lost: 10%.")
    .option("--duplicate <PERCENT>", "How many of the others come twice.")
    .option("--reorder <PERCENT>", "How many of the others are overtaken by later ones.")
    .option("--delay <TIME>", "How long every packet is held: 20ms.")
    .option("--gap <TIME>", "How much longer one is held that is to be overtaken (default: 10ms).")
    .option("--seed <N>", "What decides which packets these are (default: 1).", parseSeed)
    .addOption(
      new Option("--direction <DIRECTION>", "What the host sends, what it gets, or both.")
        .choices(["from", "to", "both"])
        .default("both"),
    )
    .option("--none", "Impair it no longer.")
    .action(async (link: string | undefined, options: ImpairOptions) => {
      const lab = await open(options.name);
      if (link !== undefined) await change(lab, link, options, command);
      else if (isChange(options)) command.error("error: say which LINK to impair");
      const impairments = await lab.impairments();
      terminal.out(
        options.output === "json" ? jsonDocument(impairments) : formatImpairments(impairments),
      );
    });
}

async function change(
  lab: Lab,
  link: string,
  options: ImpairOptions,
  command: Command,
): Promise<void> {
  const { direction, none } = options;
  const directions = direction === "both" ? undefined : [direction];
  const impairment = await impairmentOf(options);
  if (none !== true) return await lab.impair(link, impairment, directions);
  if (Object.keys(impairment).length > 0) command.error("error: --none takes no other impairment");
  await lab.unimpair(link, directions);
}

function isChange({ loss, duplicate, reorder, delay, gap, seed, none }: ImpairOptions): boolean {
  return [loss, duplicate, reorder, delay, gap, seed, none].some((option) => option !== undefined);
}

async function impairmentOf(options: ImpairOptions): Promise<Impairment> {
  const { parseShare, parseTime } = await import("@heddle/lab");
  const { loss, duplicate, reorder, delay, gap, seed } = options;
  return {
    ...(loss === undefined ? {} : { loss: parseShare(loss) }),
    ...(duplicate === undefined ? {} : { duplicate: parseShare(duplicate) }),
    ...(reorder === undefined ? {} : { reorder: parseShare(reorder) }),
    ...(delay === undefined ? {} : { delay: parseTime(delay) }),
    ...(gap === undefined ? {} : { gap: parseTime(gap) }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function parseSeed(text: string): number {
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a number.");
}
