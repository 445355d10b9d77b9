import { defineConfig } from 'vitest/config'

/**
 * One project for each kind of test. Two files at a time: two cores are the smallest machine we promise to test on, of
 * which vitest would use one; and clusters, real ones and those of foreign clients, wait more than they work.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/tidy.test.ts'],
          testTimeout: 20_000,
          // Modules are loaded once for each worker, not for each file: two fifths of the processor time. They keep no state.
          isolate: false,
        },
      },
      {
        test: {
          name: 'cluster',
          globalSetup: ['test/support/build-first.ts'],
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'crash',
          globalSetup: ['test/support/build-first.ts'],
          include: ['test/crash/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 24 * 3600_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'interop',
          globalSetup: ['test/support/build-first.ts'],
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 600_000,
          // The first test of a client installs it.
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
