import { defineConfig } from 'vitest/config';
import { PATIENCE_MS } from '../patience.ts';

export default defineConfig({
  test: {
    include: ['packages/ipc/ipc-session.sdk-suite.test.ts'],
    pool: 'forks',
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
  },
});
