import { existsSync } from "node:fs";
import { copyFile, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { type BuildContext, type DebianSource, publish, unpackSource } from "@heddle-tools/addon";
import { elfutilsSource, libbpfSource, zlibSource } from "./libraries.ts";

/** The licences of what the addon carries inside itself, by their files in the sources. */
const notices: readonly (readonly [source: DebianSource, files: readonly string[]])[] = [
  [libbpfSource, ["LICENSE", "LICENSE.BSD-2-Clause", "LICENSE.LGPL-2.1"]],
  [elfutilsSource, ["COPYING", "COPYING-GPLV2", "COPYING-LGPLV3"]],
  [zlibSource, ["LICENSE"]],
];

/** Puts the licences beside the addon, so that whoever gets the one gets the other. */
export async function copyNotices(folder: string, context: BuildContext): Promise<void> {
  if (existsSync(folder)) return;
  const unfinished = await mkdtemp(`${folder}.`);
  for (const [source, files] of notices) {
    const top = await unpackSource(source, context);
    for (const file of files)
      await copyFile(join(top, file), join(unfinished, `${source.name}-${file}`));
  }
  await publish(unfinished, folder);
}
