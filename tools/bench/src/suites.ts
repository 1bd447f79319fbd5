import { controlSuites } from "./control/suites.ts";
import { paths } from "./paths/paths-suite.ts";
import { pricesSuite } from "./prices/suite.ts";
import { programsSuite } from "./programs/suite.ts";
import type { Suite } from "./suite.ts";

/** What `npm run bench` runs, in this order; the README shows the first. */
export const suites: readonly Suite[] = [paths, programsSuite(), pricesSuite(), ...controlSuites()];
