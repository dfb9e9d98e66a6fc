import { configDefaults, defineConfig } from 'vitest/config';
import { EndToEndFirst } from './testing/end-to-end-first.ts';
import { PATIENCE_MS, TEST_LIMIT_MS } from './testing/patience.ts';

const ALL = ['packages', 'components', 'tools', 'test', 'testing', 'bench'].map((folder) => `${folder}/**/*.test.ts`);
// ipc-session.sdk.test.ts runs it in its own process.
const LEFT_OUT = [...configDefaults.exclude, 'packages/ipc/ipc-session.sdk-suite.test.ts'];
/**
 * Tests that start no component and keep nothing for long share processes: loading the same modules for each file would take as long as
 * the tests themselves.
 */
const LIGHT = [
  'packages/!(doctor|ipc|posix)/**/*.test.ts',
  'tools/{cloud,dataset,lint,loop-demo,migrate-edge-manager,migrate-v1,onnx,optimize,package,project-file,recipe}/**/*.test.ts',
];
/** Among those: files that start agents, or replace modules that others have loaded already. */
const ALONE = [
  'packages/model-package/signature/agent-process.test.ts',
  'packages/model-package/reading/read-once.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'light',
          include: LIGHT,
          exclude: [...LEFT_OUT, ...ALONE],
          isolate: false,
          restoreMocks: true,
          setupFiles: ['testing/process/shared-process.ts'],
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'others', include: ALL, exclude: [...LEFT_OUT, ...LIGHT, ...ALONE] } },
    ],
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
