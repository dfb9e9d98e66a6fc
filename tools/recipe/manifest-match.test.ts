import { describe, expect, it } from 'vitest';
import { devicePlatform } from './device-platform.ts';
import { manifestMatches, matchManifest } from './manifest-match.ts';
import type { Manifest, Recipe } from './recipe.ts';

const LINUX = { os: 'linux', architecture: 'amd64' };
const LITE = { ...LINUX, runtime: 'aws_nucleus_lite' };

function manifest(platform: Record<string, string>, name?: string): Manifest {
  return { platform, lifecycle: {}, selections: [], artifacts: [], ...(name === undefined ? {} : { name }) };
}

function recipe(...manifests: Manifest[]): Recipe {
  return {
    name: 'a.A',
    version: '1.0.0',
    type: 'aws.greengrass.generic',
    defaultConfiguration: {},
    dependencies: {},
    manifests,
    lifecycle: {},
  };
}

describe('manifestMatches', () => {
  it.each<[Record<string, string>, Record<string, string>, boolean]>([
    [{}, LINUX, true],
    [{ os: 'linux' }, LINUX, true],
    [{ os: 'linux', architecture: 'arm' }, LINUX, false],
    [{ os: 'all', architecture: 'any' }, LINUX, true],
    [{ os: '*' }, LINUX, true],
    [{ architecture: '/amd64|aarch64/' }, LINUX, true],
    [{ architecture: '/amd6/' }, LINUX, false],
    [{ architecture: '/(/' }, LINUX, false],
    [{ accelerator: 'cuda' }, LINUX, false],
    [{ accelerator: '*' }, LINUX, true],
    [{ accelerator: '/.*/' }, LINUX, false],
    [{ accelerator: 'any' }, { ...LINUX, accelerator: 'cuda' }, false],
    [{ accelerator: 'cuda' }, { ...LINUX, accelerator: 'cuda' }, true],
    [{ runtime: 'aws_nucleus_lite' }, LINUX, false],
    [{ runtime: '*' }, LINUX, true],
    [{ runtime: '*' }, LITE, true],
    [{ runtime: 'aws_nucleus_lite' }, LITE, true],
    [{ os: 'linux' }, LITE, false],
    [{ runtime: '*', architecture: '/amd64/' }, LITE, false],
  ])('%j on %j: %s', (platform, device, expected) => {
    expect(manifestMatches(manifest(platform), device)).toBe(expected);
  });
});

describe('matchManifest', () => {
  it('takes the first that matches', () => {
    const found = matchManifest(
      recipe(manifest({ os: 'windows' }), manifest({ os: 'linux' }, 'first'), manifest({}, 'second')),
      LINUX,
    );

    expect(found.name).toBe('first');
  });

  it('says which devices the recipe is for if none matches', () => {
    expect(() => matchManifest(recipe(manifest({ os: 'windows' })), LINUX)).toThrow(
      'a.A 1.0.0 has no manifest for this device {"os":"linux","architecture":"amd64"}; it has {"os":"windows"}',
    );
  });
});

describe('devicePlatform', () => {
  it('names systems and processors as the nucleus does', () => {
    expect(devicePlatform({ source: { platform: 'linux', arch: 'arm', machine: 'armv7l' } })).toEqual({
      os: 'linux',
      architecture: 'arm',
      'architecture.detail': 'armv7l',
    });
    expect(devicePlatform({ source: { platform: 'darwin', arch: 'arm64', machine: 'arm64' } })).toEqual({
      os: 'darwin',
      architecture: 'aarch64',
    });
  });

  it('lets overrides win', () => {
    const source = { platform: 'linux', arch: 'x64', machine: 'x86_64' };

    expect(devicePlatform({ source, override: { architecture: 'arm', accelerator: 'cuda' } })).toEqual({
      os: 'linux',
      architecture: 'arm',
      accelerator: 'cuda',
    });
  });
});
