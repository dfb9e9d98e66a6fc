import { configDefaults, defineConfig } from 'vitest/config';
import { EndToEndFirst } from './testing/end-to-end-first.ts';
import { PATIENCE_MS, TEST_LIMIT_MS } from './testing/patience.ts';

export default defineConfig({
  test: {
    include: [
      'packages/**/*.test.ts',
      'components/**/*.test.ts',
      'tools/**/*.test.ts',
      'test/**/*.test.ts',
      'testing/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    // ipc-session.sdk.test.ts runs it in its own process.
    exclude: [...configDefaults.exclude, 'packages/ipc/ipc-session.sdk-suite.test.ts'],
    globalSetup: ['testing/global-setup.ts'],
    // Real processes and native libraries: one file per process, few at a time.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    // No file needs more than 510 MB (resident, measured): one that leaks ends by itself, before the system ends something else.
    execArgv: ['--max-old-space-size=1536'],
    // One more than the two cores of a small machine: tests that start processes spend a fifth of their time waiting.
    maxWorkers: 3,
    sequence: { sequencer: EndToEndFirst },
    testTimeout: TEST_LIMIT_MS,
    hookTimeout: TEST_LIMIT_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
  },
});
