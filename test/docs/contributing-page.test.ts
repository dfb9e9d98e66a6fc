import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const PROJECT = path.join(import.meta.dirname, '../..');
const page = readFileSync(path.join(PROJECT, 'CONTRIBUTING.md'), 'utf8');

/** Paths in the text and in commands, `<name>` and what follows it cut off, and the targets of links. */
const paths = [
  ...[
    ...page.matchAll(
      /(?:packages|components|recipes|artifacts|tools|clients|infrastructure|testing|test|bench)\/[\w./-]*/g,
    ),
  ],
  ...page.matchAll(/(?<=\]\()[^)#:]+/g),
].map(([found]) => found.replace(/\.$/, ''));

describe('CONTRIBUTING.md', () => {
  it('names files for every recipe', () => {
    const recipes = page.split('\n### ').slice(1);
    expect(recipes.length).toBeGreaterThanOrEqual(6);
    for (const recipe of recipes) expect(recipe, recipe.split('\n')[0]).toMatch(/^1\. .*\.ts/m);
  });

  it.each([...new Set(paths)])('names %s, which is there', (name) => {
    expect(existsSync(path.join(PROJECT, name.replace(/^#/, '')))).toBe(true);
  });

  it.each([...new Set([...page.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script as string))])(
    'names the script %s, which package.json has',
    (script) => {
      expect(Object.keys(manifest.scripts)).toContain(script);
    },
  );
});
