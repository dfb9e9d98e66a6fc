import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import botocore from './botocore.json' with { type: 'json' };
import { serviceModelFolder } from './service-models.ts';

const MODELS = Object.entries(botocore.models);

/** A wheel with these entries, and others around them. */
async function wheelOf(entries: readonly (readonly [name: string, text: string])[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from('pass'), 'botocore/__init__.py');
  for (const [name, text] of entries) zip.addBuffer(gzipSync(text), name);
  zip.addBuffer(Buffer.from('x'), 'botocore/data/s3/service-2.json.gz');
  zip.end();
  return buffer(zip.outputStream);
}

describe('serviceModelFolder', () => {
  let cache: string;
  beforeEach(async () => (cache = await mkdtemp(path.join(tmpdir(), 'edgeml-models-'))));
  afterEach(() => rm(cache, { recursive: true }));
  const whole = () => wheelOf(MODELS.map(([service, name]) => [name, `"${service}"`]));

  it('has the models of the wheel, which is fetched once', async () => {
    let fetched = 0;
    const fetch = (): Promise<Buffer> => (fetched++, whole());
    const folder = await serviceModelFolder(path.join(cache, 'models'), fetch);
    expect((await readdir(folder)).sort()).toEqual(MODELS.map(([service]) => `${service}.json`).sort());
    expect(await readFile(path.join(folder, 'iot.json'), 'utf8')).toBe('"iot"');
    expect(await serviceModelFolder(folder, fetch)).toBe(folder);
    expect(fetched).toBe(1);
  });

  it('is the same for processes that begin at the same time', async () => {
    const folder = path.join(cache, 'models');
    await Promise.all([1, 2, 3].map(() => serviceModelFolder(folder, whole)));
    expect(await readdir(cache)).toEqual(['models']);
  });

  it('is not there after a failure, and names what the wheel lacks', async () => {
    const folder = path.join(cache, 'models');
    const [[, first], ...others] = MODELS as [[string, string], ...[string, string][]];
    await expect(serviceModelFolder(folder, () => wheelOf(others.map(([, name]) => [name, ''])))).rejects.toThrow(
      `the zip has no ${first}`,
    );
    await expect(serviceModelFolder(folder, () => Promise.resolve(Buffer.from('no zip')))).rejects.toThrow();
    expect(await readdir(cache)).toEqual([]);
  });
});
