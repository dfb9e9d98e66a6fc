import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { LogFile } from './log-file.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'edgeml-log-'))));
afterEach(() => rm(folder, { recursive: true }));

it('appends to what is there, in a folder that it makes', async () => {
  const path = join(folder, 'logs', 'agent.log');
  new LogFile(path).write('one\n');
  new LogFile(path).write('two\n');
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
});

it('keeps the last full file and the one that is being written', async () => {
  const path = join(folder, 'agent.log');
  const file = new LogFile(path, 10);
  for (const line of ['first\n', 'second\n', 'third\n', 'a line longer than a file\n', 'last\n']) file.write(line);
  expect((await readdir(folder)).sort()).toEqual(['agent.log', 'agent.log.1']);
  expect(await readFile(`${path}.1`, 'utf8')).toBe('a line longer than a file\n');
  expect(await readFile(path, 'utf8')).toBe('last\n');
});

it('does not throw if nothing can be written', () => {
  const file = new LogFile(join(folder, 'x'));
  const blocked = new LogFile(folder);
  expect(() => blocked.write('lost\n')).not.toThrow();
  expect(() => file.write('kept\n')).not.toThrow();
});
