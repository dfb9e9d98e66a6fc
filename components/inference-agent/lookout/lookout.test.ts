import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { LookoutClient } from '../../../testing/edge-manager/lookout-client.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { needs } from '../../../testing/outside-data/needs.ts';
import { gstreamer } from '../../../testing/outside-data/programs.ts';
import { COMPONENT } from '../settings/live-configuration.ts';
import type { DetectAnomalyResult, ModelDescription } from './messages.ts';
import { PosixMemory } from './posix-memory.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const SAMPLES = join(PROJECT, 'artifacts/samples/gears');
/** As the component of a Lookout for Vision model was called. */
const OLD_NAME = 'GearLine';
const usesGStreamer = await needs(gstreamer);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;
let client: LookoutClient;

interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly byte_data: Uint8Array;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const work = join(folder.path, 'work');
  await mkdir(work);
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], {
    MinFreeDiskMB: 0,
    LookoutVisionSocket: 'lookout.sock',
    Services: { [OLD_NAME]: { Model: 'GearInspector' }, Strict: { Model: 'GearInspector', AnomalySensitivity: 0.7 } },
  });
  models = memoryLoaded();
  started = await startInProcess(work, nucleus, systemClock, new MemoryInstances(models).open);
  for (const name of ['GearInspector', 'PartsClassifier'])
    await started.client.activate({ path: join(PROJECT, 'artifacts/models', name) });
  client = new LookoutClient(`unix:${join(work, 'lookout.sock')}`);
});
afterAll(async () => {
  client.close();
  await started.close();
  await models.close();
  await folder.remove();
});

const bitmapOf = async (file: string): Promise<Bitmap> => {
  const { data, info } = await sharp(join(SAMPLES, file)).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, byte_data: data };
};
const detect = async (bitmap: object, name = OLD_NAME, more: object = {}) => {
  const request = { model_component: name, bitmap, ...more };
  const answer = await client.call<{ detect_anomaly_result: DetectAnomalyResult }>('DetectAnomalies', request);
  return answer.detect_anomaly_result;
};
const share = (result: DetectAnomalyResult, wanted: string) =>
  result.anomalies?.find(({ name }) => name === wanted)?.pixel_anomaly.total_percentage_area ?? 0;

describe("a client of Lookout for Vision's edge agent", () => {
  it('gets for packed RGB what the agent answers for the picture itself', async () => {
    for (const file of ['gear-01-good.jpg', 'gear-07-rust.jpg']) {
      const image = await readFile(join(SAMPLES, file));
      const { predictions } = await started.client.invoke('GearInspector', image, { contentType: 'image/jpeg' });
      const result = await detect(await bitmapOf(file));
      expect(result.is_anomalous).toBe(file.includes('rust'));
      // JPEG is decoded by another library here.
      expect(Math.abs(result.anomaly_score - predictions[0]!.score)).toBeLessThan(0.02);
      expect(result.anomaly_threshold).toBe(0.5);
      expect(result.confidence).toBeGreaterThan(0.5);
      expect(result.confidence).toBeLessThanOrEqual(1);
    }
  });

  it('gets a mask of the size of the picture, red where the rust is, and the areas of it', async () => {
    const bitmap = await bitmapOf('gear-07-rust.jpg');
    const result = await detect(bitmap);
    const mask = result.anomaly_mask as Bitmap;
    expect([mask.width, mask.height, mask.byte_data.length]).toEqual([320, 320, 3 * 320 * 320]);
    const colors = new Map<string, number>();
    for (let at = 0; at < mask.byte_data.length; at += 3) {
      const color = `#${Buffer.from(mask.byte_data.subarray(at, at + 3))
        .toString('hex')
        .toUpperCase()}`;
      colors.set(color, (colors.get(color) ?? 0) + 1);
    }
    expect([...colors.keys()].sort()).toEqual(result.anomalies!.map(({ pixel_anomaly: one }) => one.hex_color).sort());
    expect(share(result, 'anomaly')).toBeCloseTo(colors.get('#E61428')! / 320 ** 2, 5);
    expect(share(result, 'anomaly')).toBeGreaterThan(0.01);
    expect(share(result, 'anomaly') + share(result, 'background')).toBeCloseTo(1, 5);
    const good = await detect(await bitmapOf('gear-01-good.jpg'));
    expect(good.anomalies).toMatchObject([{ name: 'background' }]);
  });

  it('may hand over the picture in POSIX shared memory, and get the mask there', async () => {
    const { width, height, byte_data: pixels } = await bitmapOf('gear-07-rust.jpg');
    const name = `edgeml-test-${randomUUID()}`;
    const file = join('/dev/shm', name);
    // The picture lies behind the place of the mask.
    await writeFile(file, Buffer.concat([Buffer.alloc(pixels.length), pixels]), { mode: 0o600 });
    try {
      const place = { name: `/${name}`, size: pixels.length, offset: 0 };
      const shared = { width, height, shared_memory_handle: { ...place, offset: pixels.length } };
      const result = await detect(shared, OLD_NAME, { anomaly_mask_params: { shared_memory_handle: place } });
      const sent = await detect({ width, height, byte_data: pixels });
      expect(result.anomaly_score).toBe(sent.anomaly_score);
      expect(result.anomaly_mask!.byte_data).toBeFalsy();
      const mask = (await readFile(file)).subarray(0, pixels.length);
      expect(mask.equals(sent.anomaly_mask!.byte_data as Buffer)).toBe(true);
    } finally {
      await rm(file);
    }
  });

  it('sends buffers of GStreamer as they are: rows padded to four bytes', usesGStreamer, async () => {
    const [width, height] = [321, 320];
    const raw = join(folder.path, 'buffer.rgb');
    const caps = `video/x-raw,format=RGB,width=${width},height=${height}`;
    const source = join(SAMPLES, 'gear-07-rust.jpg');
    const elements = `filesrc location=${source} ! jpegdec ! videoconvert ! videoscale ! ${caps} ! filesink location=${raw}`;
    await promisify(execFile)('gst-launch-1.0', ['-q', ...elements.split(' ')]);
    const padded = await readFile(raw);
    expect(padded.length).toBe(964 * height);
    const packed = Buffer.concat(
      Array.from({ length: height }, (_, row) => padded.subarray(964 * row, 964 * row + 3 * width)),
    );
    const result = await detect({ width, height, byte_data: padded });
    expect(result.is_anomalous).toBe(true);
    expect(result.anomaly_score).toBe((await detect({ width, height, byte_data: packed })).anomaly_score);

    const name = `/edgeml-test-${randomUUID()}`;
    await writeFile(`/dev/shm${name}`, padded, { mode: 0o666 });
    try {
      const handle = { name, size: padded.length, offset: 0 };
      const shared = await detect({ width, height, shared_memory_handle: handle });
      expect(shared.anomaly_score).toBe(result.anomaly_score);
    } finally {
      await rm(`/dev/shm${name}`);
    }
  });

  it('gets no mask that it did not ask for in an answer larger than a client takes by default', async () => {
    const [width, height] = [1_920, 1_080];
    const { data } = await sharp(join(SAMPLES, 'gear-07-rust.jpg'))
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const bitmap = { width, height, byte_data: data };
    const result = await detect(bitmap);
    expect(result.anomaly_mask).toBeNull();
    expect(share(result, 'anomaly')).toBeGreaterThan(0.01);
    const asked = await detect(bitmap, OLD_NAME, { anomaly_mask_params: {} });
    expect(asked.anomaly_mask!.byte_data).toHaveLength(3 * width * height);
  });

  it('is judged by the sensitivity of the service that it names', async () => {
    const good = await bitmapOf('gear-03-good.jpg');
    expect(await detect(good)).toMatchObject({ is_anomalous: false });
    const strict = await detect(good, 'Strict');
    expect(strict.is_anomalous).toBe(true);
    expect(strict.anomaly_threshold).toBeCloseTo(0.3, 6);
  });

  it('names a model by its component, its alias or its service, and sees models of anomalies alone', async () => {
    const { models: listed } = await client.call<{ models: ModelDescription[] }>('ListModels');
    expect(listed.map(({ model_component: name, status }) => [name, status]).sort()).toEqual([
      ['GearInspector', 'RUNNING'],
      [OLD_NAME, 'RUNNING'],
      ['Strict', 'RUNNING'],
    ]);
    const model_component = 'edgeml.model.GearInspector';
    expect(await client.call('DescribeModel', { model_component })).toMatchObject({
      model_description: { model_component, status: 'RUNNING' },
    });
    const unknown = { code: 5, details: expect.stringContaining('[lookout.not-found]') as unknown };
    await expect(client.call('DescribeModel', { model_component: 'PartsClassifier' })).rejects.toMatchObject(unknown);
    await expect(detect(await bitmapOf('gear-01-good.jpg'), 'Nothing')).rejects.toMatchObject(unknown);
  });

  it('starts and stops a model as the old agent let it, and the other doors go on answering', async () => {
    const model_component = OLD_NAME;
    expect(await client.call('StartModel', { model_component })).toEqual({ status: 'STARTING' });
    await expect(client.call('StartModel', { model_component })).rejects.toMatchObject({ code: 9 });
    expect(await client.call('StopModel', { model_component })).toEqual({ status: 'STOPPED' });
    await expect(client.call('StopModel', { model_component })).rejects.toMatchObject({ code: 9 });
    const bitmap = await bitmapOf('gear-01-good.jpg');
    await expect(detect(bitmap)).rejects.toMatchObject({ code: 9 });
    expect(await client.call('DescribeModel', { model_component })).toMatchObject({
      model_description: { status: 'STOPPED' },
    });
    const image = await readFile(join(SAMPLES, 'gear-01-good.jpg'));
    expect(
      (await started.client.invoke('GearInspector', image, { contentType: 'image/jpeg' })).predictions,
    ).toHaveLength(1);
    await client.call('StartModel', { model_component });
    expect(await detect(bitmap)).toMatchObject({ is_anomalous: false });
  });

  it('is told what is wrong with a bitmap', async () => {
    const bitmap = await bitmapOf('gear-01-good.jpg');
    const wrong = (part: string) => ({ code: 3, details: expect.stringContaining(part) as unknown });
    await expect(detect({ ...bitmap, height: 200 })).rejects.toMatchObject(wrong('320 × 200 pixels of RGB are 192000'));
    await expect(detect({ ...bitmap, width: 63 })).rejects.toMatchObject(wrong('64 to 4096 pixels'));
    const handle = { name: '/no-such-segment-here', size: 320 * 320 * 3, offset: 0 };
    const shared = { width: 320, height: 320, shared_memory_handle: handle };
    await expect(detect(shared)).rejects.toMatchObject(wrong('[lookout.memory-unusable]'));
  });
});

describe('PosixMemory', () => {
  const uid = process.getuid?.() ?? 0;
  const part = (name: string, size = 4, offset = 2) => ({ name, size, offset });
  let memory: PosixMemory;

  beforeAll(async () => {
    const shm = join(folder.path, 'shm');
    await mkdir(join(shm, 'folder'), { recursive: true });
    memory = new PosixMemory(shm);
    await writeFile(join(shm, 'segment'), Buffer.from('0123456789'));
    await writeFile(join(folder.path, 'secret'), Buffer.from('0123456789'));
    await symlink('../secret', join(shm, 'link'));
    await chmod(join(shm, 'segment'), 0o600);
  });

  it('reads and writes the part that is named, with a slash before the name or without', async () => {
    const read = new Uint8Array(4);
    memory.read(part('/segment'), uid, read);
    expect(Buffer.from(read).toString()).toBe('2345');
    memory.write(part('segment', 10, 8), uid, Buffer.from('ab'));
    expect(await readFile(join(folder.path, 'shm/segment'), 'utf8')).toBe('01234567ab');
  });

  it.each([
    ['the folder above', '/../secret', 4, 2],
    ['a link', 'link', 4, 2],
    ['a folder', 'folder', 4, 2],
    ['no name', '', 4, 2],
    ['dots', '..', 4, 2],
    ['a part beyond the end', 'segment', 4, 8],
    ['a part that is too small', 'segment', 3, 2],
    ['no whole number', 'segment', 4, 0.5],
  ])('refuses %s', (_what, name, size, offset) => {
    const refused = expect.objectContaining({ code: 'lookout.memory-unusable' }) as Error;
    expect(() => memory.read({ name, size, offset }, uid, new Uint8Array(4))).toThrow(refused);
    expect(() => memory.write({ name, size, offset }, uid, new Uint8Array(4))).toThrow(refused);
  });

  it('refuses a segment of another user, and callers whom nobody knows', () => {
    for (const other of [uid + 1, undefined])
      expect(() => memory.read(part('segment'), other, new Uint8Array(4))).toThrow('belongs to another user');
  });
});
