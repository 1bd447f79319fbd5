import { mergeConfig, type ViteUserConfig } from "vitest/config";
import workspace from "../../../../vitest.config.ts";
import { GuestReporter } from "./reporter.ts";

/** The repository's, but for where the results go. */
const config: ViteUserConfig = mergeConfig(workspace, {
  test: { reporters: [new GuestReporter()] },
});

export default config;
