import { defineConfig, type ViteUserConfig } from "vitest/config";

const conditions = ["heddle-source", "node", "import", "module", "default"];

/** Milliseconds that a test may take. Some compile programs, on machines that do other work too. */
const timeout = Number(process.env["HEDDLE_TEST_TIMEOUT"] ?? 30_000);

/** How many files with kernel tests run at a time. */
const workers = Number(process.env["HEDDLE_TEST_WORKERS"] ?? 2);

/**
 * Two projects: `unit` runs anywhere and in parallel; `kernel` needs root and runs few files at a time, most of which wait
 * for the kernel now and then.
 */
const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,tools}/*/src/**/*.test.ts"],
          exclude: ["**/*.kernel.test.ts"],
          testTimeout: timeout,
        },
      },
      {
        extends: true,
        test: {
          name: "kernel",
          include: ["{packages,tools}/*/src/**/*.kernel.test.ts", "bpf/tests/**/*.kernel.test.ts"],
          maxWorkers: workers,
          sequence: { groupOrder: 1 },
          testTimeout: timeout,
          hookTimeout: timeout,
        },
      },
    ],
  },
});

export default config;
