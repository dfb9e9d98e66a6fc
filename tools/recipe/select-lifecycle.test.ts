import { describe, expect, it } from 'vitest';
import type { Manifest, PlainObject, Recipe } from './recipe.ts';
import { selectLifecycle } from './select-lifecycle.ts';

function select(lifecycle: PlainObject, selections: readonly string[], own: PlainObject = {}): PlainObject {
  const manifest: Manifest = { platform: {}, lifecycle: own, selections, artifacts: [] };
  const other: Manifest = { platform: {}, lifecycle: {}, selections: ['windows', 'arm'], artifacts: [] };
  const recipe: Recipe = {
    name: 'a.A',
    version: '1.0.0',
    type: 'aws.greengrass.generic',
    defaultConfiguration: {},
    dependencies: {},
    manifests: [manifest, other],
    lifecycle,
  };
  return selectLifecycle(recipe, manifest);
}

describe('selectLifecycle', () => {
  it("takes the manifest's own lifecycle instead of the global one", () => {
    expect(select({ install: 'global', run: 'global' }, [], { run: 'own' })).toEqual({ run: 'own' });
  });

  it('takes a global lifecycle without selections as it is', () => {
    expect(select({ install: 'i', run: { Script: 'r' } }, [])).toEqual({ install: 'i', run: { Script: 'r' } });
  });

  it('takes the first selection that is there, above the sections', () => {
    const lifecycle = { linux: { run: 'l' }, arm: { run: 'a' }, all: { run: 'x' } };

    expect(select(lifecycle, ['debian', 'linux'])).toEqual({ run: 'l' });
  });

  it('falls back to "all"', () => {
    expect(select({ windows: { run: 'w' }, all: { run: 'x' } }, ['linux'])).toEqual({ run: 'x' });
  });

  it('selects below a section too, and drops a section without a choice', () => {
    const lifecycle = { install: { linux: 'i', windows: 'w' }, run: { windows: 'w' }, shutdown: 's' };

    expect(select(lifecycle, ['linux'])).toEqual({ install: 'i', shutdown: 's' });
  });

  it('has nothing if no selection fits', () => {
    expect(select({ windows: { run: 'w' } }, ['linux'])).toEqual({});
  });
});
