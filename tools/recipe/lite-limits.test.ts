import { describe, expect, it } from 'vitest';
import { countObjects } from '#packages/ipc';
import { lintRecipe } from './lint/lint-recipe.ts';
import { countRecipeObjects, isLiteRange, LITE_MAX_OBJECTS } from './lite-limits.ts';
import { parseRecipe } from './read-recipe.ts';

/** A recipe with one artifact and so many settings. */
function recipeWith(settings: number, more = ''): string {
  const defaults = Object.fromEntries(Array.from({ length: settings }, (_, index) => [`k${index}`, 'v']));
  return JSON.stringify({
    RecipeFormatVersion: '2020-01-25',
    ComponentName: 'a.A',
    ComponentVersion: '1.0.0',
    ...(more === '' ? {} : { ComponentDependencies: { 'a.B': { VersionRequirement: more } } }),
    ComponentConfiguration: { DefaultConfiguration: defaults },
    Manifests: [
      {
        Platform: { os: 'linux', runtime: '*' },
        Lifecycle: { run: 'exec x' },
        Artifacts: [{ Uri: 's3://b/a.A/1.0.0/a.zip' }],
      },
    ],
  });
}

const issuesOf = (text: string) =>
  lintRecipe(parseRecipe(text, 'a.A.json')).filter(
    ({ nucleus, severity }) => nucleus === 'lite' && severity === 'error',
  );

describe('countObjects', () => {
  it('counts entries of maps twice and entries of lists once, at every level', () => {
    expect(countObjects('text')).toBe(0);
    expect(countObjects({ a: 1, b: [1, 2, { c: 3 }] })).toBe(2 + 2 + 3 + 2);
  });
});

describe('countRecipeObjects', () => {
  it('counts the digests that the cloud adds, unless they are there', () => {
    expect(countRecipeObjects({ Manifests: [{ Artifacts: [{ Uri: 'u' }] }] })).toBe(2 + 1 + 2 + 1 + 2 + 4);
    const digested = { Uri: 'u', Digest: 'd', Algorithm: 'SHA-256' };
    expect(countRecipeObjects({ Manifests: [{ Artifacts: [digested] }] })).toBe(2 + 1 + 2 + 1 + 2 + 4);
  });

  it('is what lint holds against the limit of nucleus lite, to the object', () => {
    const base = countRecipeObjects(JSON.parse(recipeWith(0)));
    const fitting = Math.floor((LITE_MAX_OBJECTS - base) / 2);
    expect(issuesOf(recipeWith(fitting))).toEqual([]);
    expect(issuesOf(recipeWith(fitting + 1))).toMatchObject([
      {
        code: 'lite.objects',
        message: expect.stringContaining(`has ${base + 2 * (fitting + 1)} objects`) as string,
      },
    ]);
  });
});

describe('isLiteRange', () => {
  it.each(['1.0.0', '=1.0.0', '>=1.0.0 <2.0.0', '>1.0.0-rc.1'])('reads %s', (range) => {
    expect(isLiteRange(range)).toBe(true);
    expect(issuesOf(recipeWith(0, range))).toEqual([]);
  });

  it.each(['^1.0.0', '~1.2.0', '*', '1.x', '1.0.0 || 2.0.0', ''])('finds no candidate for "%s"', (range) => {
    expect(isLiteRange(range)).toBe(false);
  });

  it('is what lint says of a recipe that a lite device can get', () => {
    expect(issuesOf(recipeWith(0, '^1.0.0'))).toMatchObject([
      { code: 'lite.version-requirement', pointer: '/ComponentDependencies/a.B/VersionRequirement' },
    ]);
  });
});
