import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shouldSkip } from './skip-if.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-skip-'));
  await writeFile(path.join(folder, 'tool'), '#!/bin/sh\n');
  await writeFile(path.join(folder, 'data'), '');
  await chmod(path.join(folder, 'tool'), 0o755);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('shouldSkip', () => {
  it.each([
    ['onpath tool', true],
    ['! onpath tool', false],
    ['!onpath other', true],
    ['onpath data', false],
    ['onpath other', false],
    ['onpath FOLDER/tool', true],
    ['exists FOLDER/data', true],
    ['exists FOLDER', true],
    ['exists FOLDER/none', false],
    ['! exists FOLDER/none', true],
    ['exists ~', true],
    [undefined, false],
  ])('%s: %s', (skipIf, expected) => {
    expect(shouldSkip(skipIf?.replace('FOLDER', folder), `/nowhere${path.delimiter}${folder}`)).toBe(expected);
  });
});
