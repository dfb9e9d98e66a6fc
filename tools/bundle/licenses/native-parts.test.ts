import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagesOf, RUNTIME_PLATFORMS } from '../../../components/runtime/platforms.ts';
import { PROJECT } from '../project.ts';
import { pinOf } from '../runtime/pins.ts';
import { nativeParts } from './native-parts.ts';

const LIBVIPS = JSON.parse(
  readFileSync(path.join(PROJECT, 'node_modules/@img/sharp-libvips-linux-x64/versions.json'), 'utf8'),
) as Record<string, string>;

describe('nativeParts', () => {
  it.each(RUNTIME_PLATFORMS)('has looked at the versions that are pinned for %s', (platform) => {
    for (const { name } of packagesOf(platform)) {
      const versions = name.startsWith('@img/sharp-libvips') ? LIBVIPS : undefined;
      expect(() => nativeParts({ ...pinOf(name), platform, versions }), name).not.toThrow();
    }
  });

  it('fails for a version that nobody has looked at', () => {
    const native = { name: 'aws-crt', version: '99.0.0', platform: 'linux-x64', versions: undefined } as const;
    expect(() => nativeParts(native)).toThrow(
      'the parts and texts of aws-crt are those of 1.33.1, and the build takes 99.0.0',
    );
  });

  it('names every library in libvips, with a text and its source', () => {
    const native = { name: '@img/sharp-libvips-linux-x64', version: '1.3.4', platform: 'linux-x64' } as const;
    const { parts = [], source } = nativeParts({ ...native, versions: LIBVIPS });

    expect(source).toBe('https://github.com/lovell/sharp-libvips/tree/v1.3.4');
    expect(
      parts
        .map(({ version }) => version)
        .filter((version) => version !== undefined)
        .sort(),
    ).toEqual(Object.values(LIBVIPS).sort());
    for (const part of parts) {
      expect(
        part.texts.every(({ text }) => text.length > 100),
        part.name,
      ).toBe(true);
      expect(part.source, part.name).toMatch(/^https:/);
    }
    const lgpl = parts.find(({ name }) => name === 'libvips')?.texts[0]?.text;
    expect(lgpl).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
    expect(lgpl, 'which the LGPL wants beside it').toContain('GNU GENERAL PUBLIC LICENSE');
  });

  it('fails for a library in libvips that nobody has looked at', () => {
    const native = { name: '@img/sharp-libvips-linux-x64', version: '2.0.0', platform: 'linux-x64' } as const;
    expect(() => nativeParts({ ...native, versions: { ...LIBVIPS, openjpeg: '2.5.0' } })).toThrow(
      expect.objectContaining({
        code: 'build.license-missing',
        message: expect.stringContaining('"openjpeg"') as string,
      }) as Error,
    );
  });

  it.each([
    ['linux-x64', ['AWS-LC', 'cJSON', 'libcbor', 's2n-tls']],
    ['windows-x64', ['cJSON', 'libcbor']],
  ] as const)('names the TLS libraries of %s', (platform, names) => {
    const { parts = [] } = nativeParts({ ...pinOf('aws-crt'), platform, versions: undefined });
    expect(parts.map(({ name }) => name)).toEqual(names);
  });
});
