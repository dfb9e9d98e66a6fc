import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PROJECT, projectPaths } from '../project.ts';

const run = promisify(execFile);

/** Files of the project that a user of the command never needs. */
const LEFT_OUT = /^(?:\.github|\.ci|website|test|gg-e2e-tests|docs\/pictures)\/|\.test\.tsx?$/;

/**
 * Writes the folder of the npm package `edgeml`: a launcher, and the project's files as git knows them, as one archive; npm
 * leaves lock files and settings out of a package otherwise. `npm pack` makes a file of the folder.
 *
 * @throws Error if this is not a git checkout
 */
export async function writeNpmPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: PROJECT, maxBuffer: 1 << 24 });
  const files = stdout.split('\0').filter((file) => file !== '' && !LEFT_OUT.test(file));
  const list = path.join(folder, 'files');
  await writeFile(list, files.join('\0'));
  const archive = path.join(folder, 'project.tar.gz');
  await run('tar', ['-czf', archive, '-C', PROJECT, '--null', '-T', list]);
  await rm(list);
  await copyFile(path.join(import.meta.dirname, 'launch.mjs'), path.join(folder, 'launch.mjs'));
  await copyFile(path.join(import.meta.dirname, 'README.md'), path.join(folder, 'README.md'));
  await copyFile(path.join(PROJECT, 'LICENSE'), path.join(folder, 'LICENSE'));
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(await manifest(), undefined, 2)}\n`);
}

async function manifest(): Promise<object> {
  const own = JSON.parse(await readFile(path.join(PROJECT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, description, license, engines, type } = own;
  return { name, version, description, license, type, engines, bin: { edgeml: 'launch.mjs' } };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = path.join(projectPaths.output, 'npm');
  await writeNpmPackage(folder);
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', projectPaths.output], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  console.log(path.join(projectPaths.output, stdout.trim()));
}
