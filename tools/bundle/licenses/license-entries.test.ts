import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import type { BundledSoftware } from './bundled-software.ts';
import { licenseEntries } from './license-entries.ts';

const ARCHIVE = { component: 'edgeml.Test', version: '1.0.0', name: 'test.zip', kind: 'application' } as const;
const APACHE = { title: 'LICENSE', text: 'the Apache License\n' };

const library = (name: string, more: Partial<BundledSoftware> = {}): BundledSoftware => ({
  name,
  version: '1.0.0',
  license: 'Apache-2.0',
  texts: [APACHE],
  purl: `pkg:npm/${name}@1.0.0`,
  ...more,
});

const SOFTWARE = [
  library('outer', { direct: true, dependsOn: ['pkg:npm/inner@1.0.0', 'pkg:npm/elsewhere@1.0.0'] }),
  library('inner', {
    tarball: { url: 'https://registry.npmjs.org/inner/-/inner-1.0.0.tgz', integrity: `sha512-${'A'.repeat(86)}==` },
  }),
  library('native', {
    direct: true,
    note: 'Built elsewhere.',
    source: 'https://example.com/native',
    license: 'LicenseRef-native AND MIT',
    parts: [library('part', { cpe: 'cpe:2.3:a:maker:part:1.0.0:*:*:*:*:*:*:*', texts: [{ title: 'X', text: 'X' }] })],
  }),
];

function contents(software: readonly BundledSoftware[], notices = '') {
  const entries = licenseEntries(ARCHIVE, software, notices);
  const text = (name: string) => (entries.find(({ path }) => path === name)?.content as Buffer).toString();
  return {
    names: entries.map(({ path }) => path),
    licenses: text('THIRD-PARTY-LICENSES'),
    sbom: text('sbom.cdx.json'),
  };
}

describe('licenseEntries', () => {
  it('says the same whatever the order, and names software that came twice once', () => {
    const [one, two] = [contents(SOFTWARE), contents([...SOFTWARE, ...SOFTWARE].reverse())];
    expect(one).toEqual(two);
    expect(one.names).toEqual(['LICENSE', 'THIRD-PARTY-LICENSES', 'sbom.cdx.json']);
  });

  it('lists software with its parts, notes and sources', () => {
    const { licenses } = contents(SOFTWARE);
    expect(licenses.split('\n').slice(3, 9)).toEqual([
      'inner 1.0.0: Apache-2.0',
      'native 1.0.0: LicenseRef-native AND MIT, source: https://example.com/native',
      '  Built elsewhere.',
      '  part 1.0.0: Apache-2.0',
      'outer 1.0.0: Apache-2.0',
      '',
    ]);
  });

  it('holds every text once, under the names of all that it holds for', () => {
    const { licenses } = contents(SOFTWARE);
    expect(licenses.match(/the Apache License\n/g)).toHaveLength(1);
    expect(licenses).toContain('inner 1.0.0 (LICENSE)\nnative 1.0.0 (LICENSE)\nouter 1.0.0 (LICENSE)\n=');
  });

  it('ends with comments of source files', () => {
    const { licenses } = contents(SOFTWARE, 'long/index.js:\n  @license Copyright 2009');
    expect(licenses.endsWith('\n\nlong/index.js:\n  @license Copyright 2009\n')).toBe(true);
  });

  it('says so if nothing of others is inside', () => {
    expect(contents([]).licenses).toContain('It holds no software of others.');
  });
});

describe('the bill of materials', () => {
  const bill = (software: readonly BundledSoftware[]) =>
    JSON.parse(contents(software).sbom) as {
      components: {
        name: string;
        licenses: object[];
        components?: { cpe?: string }[];
        externalReferences?: object[];
      }[];
      dependencies: { ref: string; dependsOn?: string[] }[];
    };

  it.each([
    ['nothing', []],
    ['libraries with parts', SOFTWARE],
  ])('holds to the schema of CycloneDX 1.6 with %s', async (_what, software) => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(contents(software).sbom)).toBeNull();
    expect(await validator.validate(contents(software).sbom.replace('"build"', '"some day"'))).not.toBeNull();
  });

  it('has neither a time nor a serial number', () => {
    expect(Object.keys(bill(SOFTWARE))).not.toContain('serialNumber');
    expect(contents(SOFTWARE).sbom).not.toContain('timestamp');
  });

  it('tells which imports which, as far as both are inside', () => {
    expect(bill(SOFTWARE).dependencies).toEqual(
      expect.arrayContaining([
        { ref: 'pkg:generic/edgeml.Test@1.0.0', dependsOn: ['pkg:npm/native@1.0.0', 'pkg:npm/outer@1.0.0'] },
        { ref: 'pkg:npm/outer@1.0.0', dependsOn: ['pkg:npm/inner@1.0.0'] },
      ]),
    );
  });

  it('gives the hash of the tarball in hexadecimal, the source, the parts and the license', () => {
    const [inner, native] = bill(SOFTWARE).components;
    expect(inner?.externalReferences).toEqual([
      {
        type: 'distribution',
        url: 'https://registry.npmjs.org/inner/-/inner-1.0.0.tgz',
        hashes: [{ alg: 'SHA-512', content: '0'.repeat(128) }],
      },
    ]);
    expect(inner?.licenses).toEqual([{ license: { id: 'Apache-2.0' } }]);
    expect(native?.licenses).toEqual([{ expression: 'LicenseRef-native AND MIT' }]);
    expect(native?.externalReferences).toEqual([{ type: 'source-distribution', url: 'https://example.com/native' }]);
    expect(native?.components?.[0]?.cpe).toBe('cpe:2.3:a:maker:part:1.0.0:*:*:*:*:*:*:*');
  });
});
