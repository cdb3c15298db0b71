import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'scripts/**/*.test.ts',
      'emitters/**/*.test.ts',
      'e2e/**/*.test.ts',
      'faults/**/*.test.ts',
      'fuzz/*.test.ts',
    ],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
})
