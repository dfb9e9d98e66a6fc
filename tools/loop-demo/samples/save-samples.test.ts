import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { World } from '../world/world.ts';
import { labelsFor, saveSamples } from './save-samples.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'edgeml-loop-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A world of one picture. */
async function smallWorld(): Promise<World> {
  await mkdir(path.join(folder, 'part'));
  await writeFile(path.join(folder, 'part/a.jpg'), 'a picture');
  const coco = {
    images: [{ id: 7, file_name: 'a.jpg', width: 640, height: 480 }],
    annotations: [{ image_id: 7, category_id: 2, bbox: [1, 2, 30, 40] }],
    categories: [{ id: 2, name: 'wing-nut' }],
  };
  await writeFile(path.join(folder, 'part/annotations.json'), JSON.stringify(coco));
  return World.read(folder, ['part']);
}

async function storeWith(picture: string): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore('samples');
  const record = {
    schemaVersion: 1,
    id: 'one',
    object: 'one.jpg',
    contentType: 'image/jpeg',
    configId: 'Offered',
    thing: 'belt-1',
    keptAt: '2026-06-01T08:00:00.000Z',
    reason: 'least confident',
    prediction: [],
    metadata: {},
  };
  const put = (key: string, body: string) =>
    store.put(
      { bucket: 'samples', key, body: Buffer.from(body), contentType: 'image/jpeg', metadata: {} },
      new AbortController().signal,
    );
  await put('belt-1/one.json', JSON.stringify(record));
  await put('belt-1/one.jpg', picture);
  return store;
}

it('writes samples as files and labels them with what the renderer drew, under their own names', async () => {
  const world = await smallWorld();
  const saved = await saveSamples(await storeWith('a picture'), 'samples', path.join(folder, 'samples'));
  expect(saved.samples).toMatchObject([{ thing: 'belt-1', object: 'one.jpg', reason: 'least confident' }]);
  expect(await readFile(path.join(saved.folder, 'belt-1/one.jpg'), 'utf8')).toBe('a picture');
  expect(labelsFor(saved.samples, world, ['gear', 'wing-nut'])).toMatchObject({
    images: [{ id: 1, file_name: 'one.jpg', width: 640, height: 480 }],
    annotations: [{ image_id: 1, category_id: 2, bbox: [1, 2, 30, 40] }],
    categories: [
      { id: 1, name: 'gear' },
      { id: 2, name: 'wing-nut' },
    ],
  });
});

it('labels no picture that the renderer did not make', async () => {
  const saved = await saveSamples(await storeWith('another one'), 'samples', path.join(folder, 'samples'));
  const world = await smallWorld();
  expect(() => labelsFor(saved.samples, world, ['gear'])).toThrow('does not know the sample one.jpg');
});
