import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from '#packages/foundation';
import { PROJECT } from '../project.ts';
import { documentedErrors, ROOMS } from './error-catalogs.ts';
import type { DocumentedError } from './error-catalogs.ts';
import { ERROR_GROUPS, errorGroupOf } from './error-groups.ts';
import { errorReference } from './error-reference.ts';

/** Files that run: neither tests, nor fuzz targets, nor the catalogs themselves. */
const SOURCE = /(?<!\.test|\.fuzz|^errors)\.ts$/;
const COMMENT_LINE = /^ *\*.*$/gm;
/** A code that an error is made with. */
const MADE = /(?:\.error|new EdgeError)\(\s*'([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)'/g;
/** The codes that a comment promises, one after the other. `store.*` stands for all that begin so. */
const PROMISE = /@throws EdgeError(?:(?:[ ,\n*]|and|or)*`[a-z][a-z0-9-]*\.[a-z0-9-*]+`)+/g;
const PROMISED = /`([^`]+)`/g;

let errors: readonly DocumentedError[];
let sources: readonly string[];

beforeAll(async () => {
  errors = await documentedErrors();
  const inRooms = ROOMS.map(async (room) => {
    const names = await filesBelow(path.join(PROJECT, room));
    const files = names.filter((name) => SOURCE.test(path.basename(name)));
    return Promise.all(files.map((name) => readFile(path.join(PROJECT, room, name), 'utf8')));
  });
  sources = (await Promise.all(inRooms)).flat();
});

const found = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, code]) => code as string);

describe('the catalogs of errors', () => {
  it('are one for each package, component and tool', () => {
    for (const { file } of errors) expect(file).toMatch(/^(packages|components|tools)\/[\w-]+\/errors\.ts$/);
  });

  it('have each code once, in alphabetical order', () => {
    const codes = errors.map(({ code }) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    for (const file of new Set(errors.map((error) => error.file))) {
      const own = errors.filter((error) => error.file === file).map(({ code }) => code);
      expect(own, file).toEqual([...own].sort());
    }
  });

  it('have no code that nothing throws', () => {
    const text = sources.join('\n');
    expect(errors.map(({ code }) => code).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('has every code that is thrown', async () => {
    const { content } = await errorReference();
    const made = sources.flatMap((source) => found(source.replaceAll(COMMENT_LINE, ''), MADE));
    expect(made.length).toBeGreaterThan(300);
    expect([...new Set(made)].filter((code) => !content.includes(`| \`${code}\``))).toEqual([]);
  });

  it('has every code that a comment says is thrown', () => {
    const known = (promised: string): boolean =>
      errors.some(({ code }) => (promised.endsWith('.*') ? code.startsWith(promised.slice(0, -1)) : code === promised));
    const promises = sources.flatMap((source) => source.match(PROMISE) ?? []);
    const promised = promises.flatMap((promise) => found(promise, PROMISED));
    expect(promised.length).toBeGreaterThan(100);
    expect([...new Set(promised)].filter((code) => !known(code))).toEqual([]);
  });

  it('puts every code into the section of its longest beginning', () => {
    expect(errorGroupOf('store.unreachable')?.title).toBe('Feedback and uploads');
    expect(errorGroupOf('store.full')?.title).toBe('Deploying a model');
    expect(errorGroupOf('nowhere.to-be-found')).toBeUndefined();
    expect(errors.filter(({ code }) => !errorGroupOf(code))).toEqual([]);
  });

  it('has no section, and no beginning in the table of sections, without a code', () => {
    const unused = ERROR_GROUPS.map(({ title, codes }) => ({
      title,
      codes: codes.filter(
        (one) => !errors.some(({ code }) => code.startsWith(one) && errorGroupOf(code)?.title === title),
      ),
    }));
    expect(unused.filter(({ codes }) => codes.length > 0)).toEqual([]);
  });

  it('leaves the column of statuses out if no code has one', async () => {
    const { content } = await errorReference();
    expect(content).toMatch(/## Deploying a model\n\n\| Code +\| Status \| What to do/);
    expect(content).toMatch(/## Using the command line\n\n\| Code +\| What to do/);
  });
});
