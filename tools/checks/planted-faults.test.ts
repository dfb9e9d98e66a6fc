import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** A small project without faults; each test plants one. */
const SOUND = {
  'package.json': '{ "name": "planted", "private": true, "type": "module" }',
  'tsconfig.json': '{ "include": ["bench", "tools"] }',
  'bench/main.ts': "import { read } from '../tools/recipe/read.ts';\nread();\n",
  'tools/recipe/read.ts': "import { parse } from './parse.ts';\nexport const read = () => parse('');\n",
  'tools/recipe/parse.ts': 'export const parse = (text: string) => text.length;\n',
};

let project: string;
beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'planted-'));
  for (const [file, text] of Object.entries(SOUND)) await plant(file, text);
});
afterEach(() => rm(project, { recursive: true }));

describe('npm run check', () => {
  it('runs every check of this file', async () => {
    const { scripts } = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of ['lint', 'circles', 'unused']) expect(scripts['check']).toContain(`npm run -s ${name} &&`);
    expect(scripts).toMatchObject({
      lint: 'eslint .',
      circles: 'node --import tsx tools/checks/check-import-circles.ts',
      unused: 'knip --no-progress',
    });
  });

  it('fails for a circle, of types too', async () => {
    expect(circles()).toMatchObject({ status: 0, stderr: '' });
    await plant('tools/recipe/parse.ts', "import type { read } from './read.ts';\nexport type Parse = typeof read;\n");
    const { status, stderr } = circles();
    expect(status).toBe(1);
    expect(stderr).toContain('tools/recipe/read.ts → tools/recipe/parse.ts → tools/recipe/read.ts');
  });

  it('fails for an import against the table', async () => {
    expect(await lint()).toEqual([]);
    await plant('tools/recipe/parse.ts', "import '../cli/main.ts';\nexport const parse = () => 0;\n");
    expect(await lint()).toEqual([expect.stringMatching(/^tools\/recipe may not import tools\/cli\/main\.ts\./)]);
  });

  it('fails for an export that nobody uses', async () => {
    expect(unused()).toMatchObject({ status: 0, stdout: '' });
    await plant('tools/recipe/parse.ts', `${SOUND['tools/recipe/parse.ts']}export const planted = 1;\n`);
    const { status, stdout } = unused();
    expect(status).toBe(1);
    expect(stdout).toMatch(/Unused exports \(1\)\nplanted +tools\/recipe\/parse\.ts/);
  });

  it('fails for a file that nobody imports, and for a package that nobody declared', async () => {
    await plant('tools/recipe/planted.ts', 'export {};\n');
    await plant('tools/recipe/parse.ts', `import 'left-pad';\n${SOUND['tools/recipe/parse.ts']}`);
    const { status, stdout } = unused();
    expect(status).toBe(1);
    expect(stdout).toMatch(/Unused files \(1\)\ntools\/recipe\/planted\.ts/);
    expect(stdout).toMatch(/Unlisted dependencies \(1\)\nleft-pad/);
  });
});

async function plant(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(project, file)), { recursive: true });
  await writeFile(path.join(project, file), text);
}

function circles() {
  return run(
    '--import',
    import.meta.resolve('tsx'),
    path.join(import.meta.dirname, 'check-import-circles.ts'),
    project,
  );
}

/** With the project's own settings. Hints say which entry points the small project does not have. */
function unused() {
  const settings = ['--config', path.join(PROJECT, 'knip.ts'), '--no-config-hints', '--no-progress'];
  return run(path.join(PROJECT, 'node_modules/knip/bin/knip.js'), '--directory', project, ...settings);
}

/** Messages of the rule that the project's own settings have, for the small project as its root. */
async function lint(): Promise<readonly string[]> {
  const own = (await new ESLint({ cwd: PROJECT }).calculateConfigForFile('tools/recipe/recipe.ts')) as {
    plugins: Record<string, object>;
    rules: Record<string, readonly [number, object]>;
  };
  expect(own.rules['edgeml/import-zones']).toEqual([2, { root: PROJECT }]);
  const small = new ESLint({
    cwd: project,
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { edgeml: own.plugins['edgeml']! },
      rules: { 'edgeml/import-zones': ['error', { root: project }] },
    },
  });
  return (await small.lintFiles('.')).flatMap(({ messages }) => messages.map(({ message }) => message));
}

function run(...words: readonly string[]) {
  return spawnSync(process.execPath, words, {
    encoding: 'utf8',
    cwd: PROJECT,
    env: { ...process.env, NO_COLOR: '1' },
    timeout: PATIENCE_MS,
  });
}
