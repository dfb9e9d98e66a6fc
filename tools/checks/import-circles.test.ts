import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCircles } from './import-circles.ts';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'circles-'));
  await write('tsconfig.json', '{ "include": ["packages", "tools"] }');
});
afterEach(() => rm(project, { recursive: true }));

describe('importCircles', () => {
  it('finds none if imports lead one way, by whatever number of paths', async () => {
    await write('tools/top.ts', "import './left.ts'; import './right.ts'; import 'node:fs';");
    await write('tools/left.ts', "import './ground.ts';");
    await write('tools/right.ts', "import './left.ts'; import './ground.ts';");
    await write('tools/ground.ts', "export const note = \"import './top.ts'\"; // import './top.ts';");
    expect(importCircles(project)).toEqual([]);
  });

  it.each([
    ['values', "import { b } from './b.ts';"],
    ['types', "import type { B } from './b.ts';"],
    ['a type in its place', "export type B = import('./b.ts').B;"],
    ['what it passes on', "export * from './b.ts';"],
    ['types that it passes on', "export type { B } from './b.ts';"],
    ['only when needed', "export const later = () => import('./b.ts');"],
  ])('finds two files that import each other, one of them %s', async (_what, statement) => {
    await write('tools/a.ts', statement);
    await write('tools/b.ts', "import './a.ts';");
    expect(importCircles(project)).toEqual([['tools/a.ts', 'tools/b.ts', 'tools/a.ts']]);
  });

  it('follows packages by their names', async () => {
    await write('packages/one/index.ts', "export * from './one.ts';");
    await write('packages/one/one.ts', "import type { Two } from '#packages/two';");
    await write('packages/two/index.ts', "export type { Two } from '../one/index.ts';");
    expect(importCircles(project)).toEqual([
      ['packages/one/index.ts', 'packages/one/one.ts', 'packages/two/index.ts', 'packages/one/index.ts'],
    ]);
  });

  it('finds a file that imports itself', async () => {
    await write('tools/self.ts', "import './self.ts';");
    expect(importCircles(project)).toEqual([['tools/self.ts', 'tools/self.ts']]);
  });

  it('says so when there is no tsconfig.json', async () => {
    await rm(path.join(project, 'tsconfig.json'));
    expect(() => importCircles(project)).toThrow('tsconfig.json');
  });
});

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(project, file)), { recursive: true });
  await writeFile(path.join(project, file), text);
}
