import path from 'node:path';
import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, it } from 'vitest';
import { importZonesRule } from './import-zones-rule.js';

RuleTester.describe = describe;
RuleTester.it = it;

const ROOT = path.resolve('/project');
const tester = new RuleTester({ languageOptions: { parser: tseslint.parser } });

const inFile = (file: string, code: string) => ({ code, filename: path.join(ROOT, file), options: [{ root: ROOT }] });
const refused = (file: string, code: string, messageId: string, data?: Record<string, string>) => ({
  ...inFile(file, code),
  errors: [data ? { messageId, data } : { messageId }],
});

tester.run('import-zones', importZonesRule, {
  valid: [
    inFile('packages/ipc/session/session.ts', "import { sleep } from '#packages/foundation';"),
    inFile(
      'packages/ipc/session/session.ts',
      "import { frame } from '../transport/frame.ts'; import fs from 'node:fs';",
    ),
    inFile('components/inference-agent/http/route.ts', "export { a } from '../invoke/a.ts'; import { z } from 'zod';"),
    inFile('components/inference-app/app.ts', 'export const nothing = 1; export { nothing as more };'),
    inFile('tools/migrate-v1/migrate.ts', "import { a } from '../../components/feedback-uploader/config.ts';"),
    inFile('tools/edgeml.mjs', "await import('./cli/main.ts'); await import(name);"),
    inFile('tools/recipe/lint/lint.test.ts', "import { core } from '../../../testing/local-core/core.ts';"),
    inFile('packages/vision/decode.test.ts', "import { decode } from './decode.ts';"),
    inFile('test/build/zip.test.ts', "import { rig } from '../../testing/agent/rig.ts';"),
    inFile('bench/vision/main.ts', "import { rig } from '../../testing/agent/rig.ts';"),
    inFile('eslint.config.js', "import { rule } from './tools/checks/rule.js';"),
  ],
  invalid: [
    // Against the table, in every form that an import has.
    refused('tools/recipe/recipe.ts', "import { core } from '../local-core/core.ts';", 'forbidden', {
      from: 'tools/recipe',
      target: 'tools/local-core/core.ts',
      allowed: 'packages/foundation, packages/ipc',
    }),
    refused('tools/recipe/recipe.ts', "import type { Core } from '../local-core/core.ts';", 'forbidden'),
    refused('tools/recipe/recipe.ts', "export * from '../local-core/core.ts';", 'forbidden'),
    refused('tools/recipe/recipe.ts', "export { core } from '../local-core/core.ts';", 'forbidden'),
    refused('tools/recipe/recipe.ts', "await import('../local-core/core.ts');", 'forbidden'),
    refused('tools/recipe/recipe.ts', "type Core = import('../local-core/core.ts').Core;", 'forbidden'),
    refused('packages/foundation/clock.ts', "import { a } from '#packages/ipc';", 'forbidden', {
      from: 'packages/foundation',
      target: 'packages/ipc/index.ts',
      allowed: 'nothing outside itself',
    }),
    // One component never imports another, and tools see of a component what the table names.
    refused('components/inference-app/app.ts', "import { a } from '../inference-agent/config.ts';", 'forbidden'),
    refused('tools/migrate-v1/a.ts', "import { a } from '../../components/inference-agent/agent.ts';", 'forbidden'),
    // Shipped code does not import test support, benchmarks or tests.
    refused('components/runtime/a.ts', "import { a } from '../../testing/agent/rig.ts';", 'forbidden'),
    refused('tools/cli/bench.ts', "await import('../../bench/main.ts');", 'forbidden'),
    refused('tools/cli/build.ts', "import { a } from './build.test.ts';", 'forbidden'),
    refused('testing/agent/rig.ts', "import { a } from '../../bench/agent/photo.ts';", 'forbidden'),
    // A package has one door, for tests too.
    refused('components/runtime/a.ts', "import { a } from '../../packages/foundation/env.ts';", 'door', {
      source: '../../packages/foundation/env.ts',
      name: 'foundation',
    }),
    refused('components/runtime/a.ts', "import { a } from '../../packages/foundation/index.ts';", 'door'),
    refused('components/runtime/a.ts', "import { a } from '#packages/foundation/log';", 'door'),
    refused('packages/ipc/a.test.ts', "import { a } from '../foundation/env.ts';", 'door'),
    refused('testing/ipc/a.ts', "import { a } from '../../packages/ipc/session/session.ts';", 'door'),
    refused('bench/agent/a.ts', "import { a } from '../../packages/http/index.ts';", 'door'),
    refused('packages/ipc/a.ts', "import { a } from '#packages/ipc';", 'inside'),
    // A new folder needs a row.
    refused('packages/novelty/a.ts', 'export const a = 1;', 'noZone', { file: 'packages/novelty/a.ts' }),
    refused('tools/novelty/a.ts', 'export const a = 1;', 'noZone'),
  ],
});
