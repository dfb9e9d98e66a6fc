import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import type { GalleryStatus } from '#packages/http';
import { embeddingText, vectorOf } from '#packages/model-package';
import { askSocket } from '../../../testing/agent/ask-socket.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { MemoryInstances } from '../../../testing/agent/memory-instance.ts';
import { memoryLoaded } from '../../../testing/agent/memory-loaded.ts';
import { temporaryFolder, writeFiles } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

const SIDE = 8;
/** Wavelengths of the same hue are near to each other, of different hues far. */
const PICTURES = {
  red: '#ff2000',
  'dark red': '#a01000',
  green: '#10ff00',
  blue: '#0020ff',
} as const;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let work: string;
let models: ReturnType<typeof memoryLoaded>;
let started: InProcessAgent;

beforeAll(async () => {
  folder = await temporaryFolder();
  work = join(folder.path, 'work');
  await mkdir(work);
  models = memoryLoaded();
  await start();
});
afterAll(async () => {
  await started.close();
  await models.close();
  await folder.remove();
});

async function start(): Promise<void> {
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], { MinFreeDiskMB: 0 });
  started = await startInProcess(work, nucleus, systemClock, new MemoryInstances(models).open);
  await started.agent.restored;
}

const picture = async (name: keyof typeof PICTURES): Promise<Uint8Array> =>
  sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: PICTURES[name] } })
    .png()
    .toBuffer();

/** A model whose vectors are mean colors; its package knows pure blue. */
async function packageOf(
  version: string,
  output: object = {},
  files: Readonly<Record<string, Uint8Array>> = {},
  golden: readonly object[] = [],
) {
  const dir = join(folder.path, `Hues-${version}`);
  await writeFiles(dir, {
    'model.json': JSON.stringify({
      schemaVersion: 1,
      name: 'Hues',
      version,
      task: 'embedding',
      input: { name: 'image', width: SIDE, height: SIDE, mean: 0, std: [254.5, 255, 255] },
      output: { decoder: 'embedding', scoreThreshold: 0.9, gallery: 'gallery.json', ...output },
      variants: [{ file: 'model.onnx' }],
      golden,
    }),
    'model.onnx': meanColorModel(SIDE),
    'gallery.json': JSON.stringify([{ name: 'blue', embedding: embeddingText(Float32Array.of(0, 0, 1)) }]),
    ...files,
  });
  return dir;
}

async function ask(path: string, options: { method?: string; body?: Uint8Array | string; socket?: string } = {}) {
  const { status, body, error } = await askSocket(options.socket ?? started.agent.adminSocketPath, {
    method: options.method ?? 'POST',
    path: `/v1/models/Hues/gallery${path}`,
    body: options.body ?? '',
  });
  return { status, error, body: JSON.parse(body) as GalleryStatus };
}
const enroll = async (name: string, of: keyof typeof PICTURES) =>
  ask(`/${encodeURIComponent(name)}`, { body: await picture(of) });
const list = async () => (await ask('', { method: 'GET' })).body;
const seen = async (name: keyof typeof PICTURES) => {
  const { predictions } = await started.client.invoke('Hues', await picture(name), {
    contentType: 'image/png',
    deadlineMs: 60_000,
  });
  expect(predictions).toHaveLength(1);
  expect(vectorOf(predictions[0]!.embedding!)).toHaveLength(3);
  return predictions[0]!;
};

describe('the gallery of a device', () => {
  it('calls pictures by the names that were enrolled, beside those of the package', async () => {
    await started.client.activate({ path: await packageOf('1.0.0') });
    expect(await seen('blue')).toMatchObject({ classId: 1, label: 'blue' });
    expect(await seen('red')).toMatchObject({ classId: 0, label: 'unknown' });

    expect(await enroll('rosso corsa', 'red')).toMatchObject({
      status: 200,
      body: { alias: 'Hues', vectors: 1, names: [{ name: 'rosso corsa', vectors: 1, comparable: 1 }] },
    });
    expect(await seen('dark red')).toMatchObject({ classId: 1, label: 'rosso corsa' });
    expect((await seen('red')).score).toBeCloseTo(1, 5);
    expect(await seen('green')).toMatchObject({ label: 'unknown' });
    expect(await seen('blue')).toMatchObject({ label: 'blue' });
    const metrics = await askSocket(started.agent.socketPath, { method: 'GET', path: '/metrics' });
    expect(metrics.body).toMatch(/edgeml_predictions_total\{service="Hues",kind="known"\} 4/);
  });

  it('lies on the socket for administration alone, in a file of the agent alone', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/x'],
      ['POST', '/x/delete'],
    ] as const)
      expect(await ask(path, { method, socket: started.agent.socketPath })).toMatchObject({
        status: 403,
        error: { code: 'http.administration-only' },
      });
    expect((await stat(join(work, 'galleries'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(work, 'galleries/Hues.json'))).mode & 0o777).toBe(0o600);
  });

  it('outlives a restart, and a new version with the same model', async () => {
    await started.close();
    await start();
    expect(await seen('dark red')).toMatchObject({ label: 'rosso corsa' });
    await started.client.activate({ path: await packageOf('1.1.0', { scoreThreshold: 0.95 }) });
    expect(await seen('dark red')).toMatchObject({ label: 'rosso corsa', threshold: 0.95 });
    expect((await list()).names).toMatchObject([{ name: 'rosso corsa', comparable: 1 }]);
  });

  it('does not compare with vectors of another model, says so, and does again after a rollback', async () => {
    const other = { 'model.onnx': meanColorModel(SIDE, { scale: 2 }) };
    await started.client.activate({ path: await packageOf('2.0.0', {}, other) });
    expect(await seen('dark red')).toMatchObject({ label: 'unknown' });
    expect((await list()).names).toMatchObject([{ name: 'rosso corsa', vectors: 1, comparable: 0 }]);
    const { incidents } = await started.client.health();
    expect(incidents).toMatchObject([{ code: 'gallery.foreign-vectors', subject: 'gallery of Hues' }]);

    await started.client.rollback('Hues');
    expect(await seen('dark red')).toMatchObject({ label: 'rosso corsa' });
    expect((await started.client.health()).incidents).toEqual([]);
  });

  it('deletes a name, from the disk as well', async () => {
    await enroll('verde', 'green');
    expect(await ask('/rosso%20corsa/delete')).toMatchObject({ status: 200, body: { names: [{ name: 'verde' }] } });
    expect(await seen('red')).toMatchObject({ label: 'unknown' });
    expect(await readFile(join(work, 'galleries/Hues.json'), 'utf8')).not.toContain('rosso');
    expect(await ask('/rosso%20corsa/delete')).toMatchObject({ status: 404, error: { code: 'gallery.name-unknown' } });
  });

  it('leaves the answers of golden pictures to the model', async () => {
    const expected = { classId: 1, label: 'blue', score: 0.99, embedding: embeddingText(Float32Array.of(0, 0.125, 1)) };
    const files = {
      'golden/blue.png': await picture('blue'),
      'golden/blue.json': Buffer.from(JSON.stringify([expected])),
    };
    await started.client.activate({
      path: await packageOf('1.2.0', {}, files, [{ input: 'golden/blue.png', expect: 'golden/blue.json' }]),
    });
    await enroll('azzurro', 'blue');
    expect(await seen('blue')).toMatchObject({ label: 'azzurro' });
    const path = '/v1/models/Hues/golden/0/answer';
    const { body } = await askSocket(started.agent.socketPath, { method: 'GET', path });
    expect(JSON.parse(body)).toMatchObject({ differences: [], result: { predictions: [{ label: 'blue' }] } });
    await ask('/azzurro/delete');
  });

  it('refuses names that nobody could read, pictures that are none, and more than it may hold', async () => {
    for (const name of ['unknown', '%20x', '%00', 'n'.repeat(129)])
      expect(await ask(`/${name}`, { body: await picture('red') })).toMatchObject({ status: 400 });
    expect((await ask('/x', { body: 'not a picture' })).status).toBe(415);

    const file = join(work, 'galleries/Hues.json');
    await started.close();
    const { alias, vectors } = JSON.parse(await readFile(file, 'utf8')) as { alias: string; vectors: object[] };
    await writeFile(file, JSON.stringify({ alias, vectors: Array.from({ length: 1000 }, () => vectors[0]) }));
    await start();
    expect(await enroll('x', 'red')).toMatchObject({ status: 507, error: { code: 'gallery.full' } });
    expect((await list()).vectors).toBe(1000);
  });

  it('puts a file aside that it cannot read', async () => {
    await started.close();
    await writeFile(join(work, 'galleries/Hues.json'), '{"alias":');
    await start();
    expect(await list()).toMatchObject({ vectors: 0, names: [] });
    await enroll('red', 'red');
    expect((await readdir(join(work, 'galleries'))).toSorted()).toEqual(['Hues.json', 'Hues.json.unreadable']);
    const health = await askSocket(started.agent.socketPath, { method: 'GET', path: '/healthz' });
    expect(JSON.parse(health.body)).toMatchObject({
      incidents: expect.arrayContaining([
        expect.objectContaining({
          code: 'gallery.unreadable',
          message: expect.stringContaining('.unreadable') as string,
        }),
      ]) as unknown,
    });
  });
});
