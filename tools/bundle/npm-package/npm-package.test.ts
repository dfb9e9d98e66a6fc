import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { PROJECT } from '../project.ts';
import { writeNpmPackage } from './write-npm-package.ts';

const run = promisify(execFile);

describe('the npm package', () => {
  let folder: string;
  let command: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-npm-'));
    const unpacked = path.join(folder, 'package');
    await writeNpmPackage(unpacked);
    await run('npm', ['pack', '--silent'], { cwd: unpacked });
    const [file] = (await readdir(unpacked)).filter((name) => name.endsWith('.tgz'));
    const user = path.join(folder, 'user');
    await mkdir(user);
    await writeFile(path.join(user, 'package.json'), '{}');
    await run('npm', ['install', '--offline', '--no-audit', path.join(unpacked, file ?? '')], { cwd: user });
    command = path.join(user, 'node_modules/.bin/edgeml');
    environment = { ...process.env, EDGEML_HOME: path.join(folder, 'home'), npm_execpath: await linkingNpm(folder) };
  }, PATIENCE_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs the command out of the folder of the user, and unpacks itself once', { timeout: PATIENCE_MS }, async () => {
    // A relative path is one of the caller's folder.
    await copyFile(
      path.join(PROJECT, 'artifacts/models/PartsClassifier/model.onnx'),
      path.join(folder, 'user/mine.onnx'),
    );
    const { stdout } = await edgeml('inspect', '--onnx', 'mine.onnx', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ proposed: { task: 'image-classification' } });
    const [project] = await readdir(path.join(folder, 'home'));
    await edgeml('version');
    expect(await readdir(path.join(folder, 'home'))).toEqual([project]);
  });

  it('ends with the exit code of the command', { timeout: PATIENCE_MS }, async () => {
    await expect(edgeml('no-such-command')).rejects.toMatchObject({ code: 2 });
  });

  async function edgeml(...words: readonly string[]): Promise<{ readonly stdout: string }> {
    return run(command, words, { cwd: path.join(folder, 'user'), env: environment });
  }
});

/** In place of `npm ci`, which takes minutes on a busy machine and has tests of its own: links the dependencies of this project. */
async function linkingNpm(folder: string): Promise<string> {
  const file = path.join(folder, 'npm-cli.js');
  const from = JSON.stringify(path.join(PROJECT, 'node_modules'));
  await writeFile(file, `if (process.argv[2] === 'ci') require('node:fs').symlinkSync(${from}, 'node_modules');\n`);
  return file;
}
