import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { PROJECT } from '../../tools/bundle/project.ts';
import { needs } from './needs.ts';
import type { OutsideData } from './needs.ts';

const gone: OutsideData = { what: 'tea', how: 'put the kettle on', whyNot: () => 'not made', isInCi: false };
const there: OutsideData = { ...gone, whyNot: async () => undefined };
const LEFT_OUT = 'tea: not made (put the kettle on)';

/** Tests of its own project, which uses the set-up of this one. */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import { describe, inject, it } from 'vitest';
import { needs } from ${JSON.stringify(path.join(import.meta.dirname, 'needs.ts'))};
const tea = await needs({ what: 'tea', how: 'put the kettle on', whyNot: () => 'not made', isInCi: false });
describe('afternoon', tea, () => {
  describe('four', () => it('is poured', () => { throw new Error('it ran'); }));
  it('is drunk', () => { throw new Error('it ran'); });
});
it('finds milk', ({ skip }) => skip('milk'));
it.skip('is skipped for good', () => {});
it('passes', () => writeFileSync('some.folder', inject('runFolder')));
`;
/** Of the second of its projects. */
const OTHER = `
import { writeFileSync } from 'node:fs';
import { inject, it } from 'vitest';
it('passes, too', () => writeFileSync('other.folder', inject('runFolder')));
`;

describe('needs', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('lets a test run that has all it needs', async () => {
    expect(await needs(there, there)).toEqual({});
  });

  it('leaves out a test that lacks something, and keeps for what', async () => {
    expect(await needs(there, gone)).toEqual({ skip: true, meta: { leftOut: LEFT_OUT } });
  });

  it('fails with CI set where CI brings it, and only there', async () => {
    vi.stubEnv('CI', 'true');
    expect(await needs(gone)).toHaveProperty('skip', true);
    await expect(needs({ ...gone, isInCi: true })).rejects.toThrow(LEFT_OUT);
  });
});

describe('the end of a run', () => {
  it('says in one line what was left out of all projects, which share a folder, with the reporters of .ci/run', async () => {
    const root = path.join(inject('runFolder'), 'left-out');
    await mkdir(root, { recursive: true });
    await writeFile(path.join(root, 'some.test.ts'), PROGRAM);
    await writeFile(path.join(root, 'other.test.ts'), OTHER);
    const globalSetup = path.join(PROJECT, 'testing/global-setup.ts');
    const config = path.join(root, 'vitest.config.mjs');
    const projects = ['some', 'other'].map((name) => ({ extends: true, test: { name, include: [`${name}.test.ts`] } }));
    await writeFile(config, `export default ${JSON.stringify({ test: { globalSetup: [globalSetup], projects } })};`);
    const reporters = ['--reporter=default', '--reporter=json', '--outputFile.json=report.json'];
    const vitest = path.join(PROJECT, 'node_modules/vitest/vitest.mjs');
    const words = [vitest, 'run', '--root', root, '--config', config, ...reporters];
    const { stdout } = await promisify(execFile)(process.execPath, words, {
      cwd: root,
      env: { PATH: process.env['PATH'] },
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe(`Left out: 2 tests for want of ${LEFT_OUT}; 1 test for want of milk`);
    expect(lines.filter((line) => line.startsWith('Left out'))).toHaveLength(1);
    const folderOf = (name: string) => readFile(path.join(root, `${name}.folder`), 'utf8');
    expect(await folderOf('some')).toBe(await folderOf('other'));
    const report = JSON.parse(await readFile(path.join(root, 'report.json'), 'utf8')) as object;
    expect(report).toMatchObject({ numPassedTests: 2, numFailedTests: 0, numPendingTests: 4 });
  });
});
