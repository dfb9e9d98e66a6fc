import { describe, expect, it } from 'vitest';
import { isLicenseFile } from './license-file.ts';
import { npmSoftware } from './npm-package.ts';

const MIT = { title: 'LICENSE', text: 'MIT License, Copyright (c) Ann' };

describe('npmSoftware', () => {
  it('takes what the package says about itself', () => {
    const manifest = { name: '@scope/tool', version: '1.2.3', license: 'MIT' };
    expect(npmSoftware({ manifest, texts: [MIT], integrity: 'sha512-AAAA' })).toEqual({
      name: '@scope/tool',
      version: '1.2.3',
      license: 'MIT',
      texts: [MIT],
      purl: 'pkg:npm/%40scope/tool@1.2.3',
      tarball: { url: 'https://registry.npmjs.org/@scope/tool/-/tool-1.2.3.tgz', integrity: 'sha512-AAAA' },
    });
  });

  it.each([
    ['Ann <ann@example.com>', 'ISC, standard text; author: Ann <ann@example.com>'],
    [{ name: 'Ann', url: 'https://example.com' }, 'ISC, standard text; author: Ann'],
    [undefined, 'ISC, standard text'],
  ])('gives a package without a license file the standard text, with its author: %j', (author, title) => {
    const { texts } = npmSoftware({ manifest: { name: 'tool', version: '1.0.0', license: 'ISC', author }, texts: [] });
    expect(texts).toEqual([{ title, text: expect.stringContaining('Permission to use, copy, modify') as string }]);
  });

  it('gives every license of an expression its text', () => {
    const license = '(MIT AND BSD-3-Clause)';
    const { texts } = npmSoftware({ manifest: { name: 'tool', version: '1.0.0', license }, texts: [] });
    expect(texts.map(({ title }) => title)).toEqual(['MIT, standard text', 'BSD-3-Clause, standard text']);
  });

  it('adds the Apache License to a file that only refers to it', () => {
    const manifest = { name: 'tool', version: '1.0.0', license: 'Apache-2.0' };
    const reference = { title: 'LICENSE', text: 'Licensed under the Apache License, Version 2.0' };
    const whole = { title: 'LICENSE', text: 'TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION' };

    expect(npmSoftware({ manifest, texts: [reference] }).texts.map(({ title }) => title)).toEqual([
      'LICENSE',
      'Apache-2.0, standard text',
    ]);
    expect(npmSoftware({ manifest, texts: [whole] }).texts).toEqual([whole]);
  });

  it('reads the old form of the field, and refers to the file if the license is not an SPDX one', () => {
    const licenseOf = (license: unknown) =>
      npmSoftware({ manifest: { name: '@a/tool', version: '1.0.0', license }, texts: [MIT] }).license;
    expect(licenseOf({ type: 'MIT', url: 'https://example.com' })).toBe('MIT');
    expect(licenseOf('SEE LICENSE IN LICENSE')).toBe('LicenseRef-a-tool');
  });

  it.each([
    [undefined, [MIT], 'tool 1.0.0 states no license in its package.json, so it cannot be part of an archive'],
    ['', [], 'tool 1.0.0 states no license in its package.json, so it cannot be part of an archive'],
    ['Custom', [], 'tool 1.0.0 states the license "Custom", no SPDX expression, and has no license file'],
    ['LicenseRef-Own', [], 'tool 1.0.0 is under LicenseRef-Own and has no license file'],
  ])('refuses a package that states the license %j with the files %j', (license, texts, message) => {
    expect(() => npmSoftware({ manifest: { name: 'tool', version: '1.0.0', license }, texts })).toThrow(
      expect.objectContaining({
        code: 'build.license-missing',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});

describe('isLicenseFile', () => {
  it.each(['LICENSE', 'license.md', 'LICENCE.txt', 'LICENSE-MIT', 'NOTICE', 'COPYING.LESSER', 'ThirdPartyNotices.txt'])(
    'takes %s',
    (name) => expect(isLicenseFile(name)).toBe(true),
  );

  it.each(['license.js', 'README.md', 'lib/LICENSE', 'notices', 'licensed.txt', 'license.d.ts', 'LICENSES.json'])(
    'leaves %s',
    (name) => expect(isLicenseFile(name)).toBe(false),
  );
});
