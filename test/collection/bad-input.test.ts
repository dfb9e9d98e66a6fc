import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AGENT, APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { sample } from '../../testing/device/samples.ts';

/** Files as they turn up in a watched folder. Each gets an error that names it, and the next image is answered all the same. */

let device: Device;
let image: Buffer;
let pids: readonly number[];
let count = 0;

beforeAll(async () => {
  image = await readFile(sample('belt-01.jpg'));
  device = await Device.start({
    app: {
      MaxImageMB: 32,
      Sources: { inbox: { Recursive: true } },
    },
  });
  pids = [device.pid(AGENT), device.pid(APP)];
});

afterAll(() => device.stop());

afterEach(async () => {
  const name = `good-${++count}.jpg`;
  await device.drop(image, name);
  const result = await device.results.of(name);
  expect(result, 'the service goes on').not.toHaveProperty('error');
  expect(result.predictions.length).toBeGreaterThan(0);
  expect([device.pid(AGENT), device.pid(APP)]).toEqual(pids);
});

describe('a file in the watched folder', () => {
  it.each([
    ['of 60 MB', 'huge.jpg', () => Buffer.alloc(60_000_000, 0xff), 'source.file-too-large', /60\.0 MB.*32\.0 MB/],
    ['that ends half-way', 'half.jpg', () => image.subarray(0, image.length / 2), 'image.corrupt', /./],
    ['that is text', 'notes.jpg', () => Buffer.from('Remember to buy milk.\n'.repeat(20)), 'image.unrecognised', /./],
    ['of zero bytes', 'empty.jpg', () => Buffer.alloc(0), 'image.empty', /./],
  ])('%s gets a clear error', async (_what, name, content, code, message) => {
    await device.drop(content(), name);
    const result = await device.results.of(name);
    expect(result).toMatchObject({ image: name, service: 'PartsDetector', predictions: [], error: { code } });
    expect(result.error?.message).toMatch(message);
    expect(result.error?.todo.length).toBeGreaterThan(20);
  });

  it('deep below it, under a long name, is answered', async () => {
    const folder = Array.from({ length: 20 }, (_, level) => `level-${level}-with-a-rather-long-name`).join('/');
    const name = `${folder}/${'ein bißchen länger '.repeat(8)}.jpg`;
    await device.drop(image, name);
    const result = await device.results.of(name);
    expect(result).not.toHaveProperty('error');
    const annotated = await readdir(path.join(device.root, 'work', APP, 'annotated'));
    expect(annotated.every((file) => Buffer.byteLength(file) <= 255)).toBe(true);
  });
});

describe('a source whose service has no model', () => {
  const missing = { Path: '', Services: ['Nowhere'] };

  beforeAll(async () => {
    missing.Path = device.folder('missing');
    await mkdir(missing.Path);
    await writeFile(path.join(missing.Path, 'missed.jpg'), image);
  });

  /** Settings alone: nothing restarts, which `afterEach` looks at. */
  const configure = async (settings: object): Promise<void> => {
    const outcome = await device.deploy({ componentToConfiguration: { [APP]: { MERGE: settings } } });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
  };

  it('waits for the model where it watches, and says so in its log', async () => {
    await configure({ Sources: { missing: { ...missing, Mode: 'watch' } } });
    await expect.poll(() => device.log(APP)).toMatch(/"level":"error".*edgeml\.model\.Nowhere/);
  });

  it('gives its images an error that names the component to deploy', async () => {
    await configure({ ModelWaitSeconds: 1, Sources: { missing: { ...missing, Mode: 'once' } } });
    const { error } = await device.results.of('missed.jpg');
    expect(error).toMatchObject({ code: 'service.no-model' });
    expect(error?.message).toContain('edgeml.model.Nowhere');
  });
});
