import { paths } from "./paths/paths-suite.ts";
import type { Suite } from "./suite.ts";

/** What `npm run bench` runs, in this order. */
export const suites: readonly Suite[] = [paths];
