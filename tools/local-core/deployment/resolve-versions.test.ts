import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { isEdgeError } from '#packages/foundation';
import { resolveVersions } from './resolve-versions.ts';
import type { Candidate, ResolveRequest } from './resolve-versions.ts';

/** `{ 'a 1.0.0': { b: '^1.0.0' } }` */
function request(
  recipes: Record<string, Record<string, string>>,
  roots: Record<string, string>,
  active: Record<string, string> = {},
): ResolveRequest {
  const candidates = new Map<string, Candidate[]>();
  for (const [id, dependencies] of Object.entries(recipes)) {
    const [name = '', version = ''] = id.split(' ');
    candidates.set(name, [...(candidates.get(name) ?? []), { version, dependencies }]);
  }
  return { groups: { group: roots }, candidates, active: new Map(Object.entries(active)) };
}

function versions(...given: Parameters<typeof request>): Record<string, string> {
  return Object.fromEntries([...resolveVersions(request(...given))].map(([name, { version }]) => [name, version]));
}

describe('resolveVersions', () => {
  it('takes the highest version that all requirements allow, and what it needs', () => {
    expect(
      versions(
        { 'a 1.0.0': { b: '^1.0.0' }, 'b 1.0.0': {}, 'b 1.2.0': { c: '*' }, 'b 2.0.0': {}, 'c 0.1.0': {} },
        { a: '1.0.0' },
      ),
    ).toEqual({ a: '1.0.0', b: '1.2.0', c: '0.1.0' });
  });

  it('keeps the running version of a dependency where it fits', () => {
    const recipes = { 'a 1.0.0': { b: '^1.0.0' }, 'b 1.0.0': {}, 'b 1.2.0': {} };

    expect(versions(recipes, { a: '1.0.0' }, { b: '1.0.0' })).toEqual({ a: '1.0.0', b: '1.0.0' });
    expect(versions(recipes, { a: '1.0.0' }, { b: '0.9.0' })).toEqual({ a: '1.0.0', b: '1.2.0' });
  });

  it('changes a version that was taken when a later requirement excludes it, and drops what that needed', () => {
    const recipes = {
      'a 1.0.0': { b: '*', c: '*' },
      'b 1.0.0': {},
      'b 2.0.0': { d: '*' },
      'c 1.0.0': { b: '^1.0.0' },
      'd 1.0.0': {},
    };

    expect(versions(recipes, { a: '1.0.0' })).toEqual({ a: '1.0.0', b: '1.0.0', c: '1.0.0' });
  });

  it('heeds the roots of every group', () => {
    const { candidates, active } = request({ 'a 1.0.0': {}, 'a 1.5.0': {}, 'a 2.0.0': {} }, {});

    const found = resolveVersions({ candidates, active, groups: { one: { a: '>=1.0.0' }, two: { a: '^1.0.0' } } });

    expect(found.get('a')?.version).toBe('1.5.0');
  });

  it('names who requires what if nothing fits', () => {
    expect(() => versions({ 'a 1.0.0': { b: '^2.0.0' }, 'b 1.0.0': {}, 'b 1.1.0': {} }, { a: '1.0.0' })).toThrow(
      'no version of b fits: a 1.0.0 requires ^2.0.0; available: 1.0.0, 1.1.0',
    );
    expect(() => versions({}, { a: '1.0.0' })).toThrow('no version of a fits: group requires 1.0.0; available: none');
  });

  it('takes no pre-release unless it is asked for', () => {
    const recipes = { 'a 1.0.0': {}, 'a 1.1.0-beta.1': {} };

    expect(versions(recipes, { a: '^1.0.0' })).toEqual({ a: '1.0.0' });
    expect(versions(recipes, { a: '1.1.0-beta.1' })).toEqual({ a: '1.1.0-beta.1' });
  });

  it('refuses a circle and names it', () => {
    expect(() => versions({ 'a 1.0.0': { b: '*' }, 'b 1.0.0': { c: '*' }, 'c 1.0.0': { b: '*' } }, { a: '*' })).toThrow(
      'components depend on each other in a circle: b → c → b',
    );
  });

  const names = ['a', 'b', 'c', 'd', 'e'] as const;
  const version = fc.constantFrom('1.0.0', '1.1.0', '1.2.3', '2.0.0', '2.1.0');
  const range = fc.constantFrom('*', '*', '*', '*', '^1.0.0', '>=1.1.0', '<2.0.0', '~2.0.0', '1.2.3', '>=1.0.0 <2.1.0');
  const recipes = fc.dictionary(
    fc.tuple(fc.constantFrom(...names), version).map((id) => id.join(' ')),
    fc.dictionary(fc.constantFrom(...names), range, { maxKeys: 2 }),
    { minKeys: 10, maxKeys: 25, size: 'max' },
  );
  const roots = fc.dictionary(fc.constantFrom(...names), range, { minKeys: 1, maxKeys: 3 });
  const active = fc.dictionary(fc.constantFrom(...names), version);

  it('gives a set in which every requirement holds and nothing is too much, or a clear error', () => {
    let solved = 0;
    fc.assert(
      fc.property(recipes, roots, active, (available, wanted, running) => {
        let found: ReadonlyMap<string, Candidate>;
        try {
          found = resolveVersions(request(available, wanted, running));
        } catch (error) {
          expect(isEdgeError(error) && error.code).toMatch(/^deployment\.(no-version|circular-dependency)$/);
          return;
        }
        solved++;
        const requirements = [wanted, ...[...found.values()].map(({ dependencies }) => dependencies)].flatMap(
          Object.entries,
        );
        for (const [name, requirement] of requirements) {
          expect(semver.satisfies(found.get(name)?.version ?? '', requirement as string)).toBe(true);
        }
        const needed = new Set(requirements.map(([name]) => name));
        expect([...found.keys()].filter((name) => !needed.has(name))).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(solved).toBeGreaterThan(50);
  });
});
