import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { filesBelow } from '#packages/foundation';
import type { SampleRecord } from '#packages/samples';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import { MemoryIo } from '../cli/frame/io.ts';
import { runProgram } from '../cli/program.ts';
import { SPLITS } from './dataset.ts';
import { groupOf, splitOf } from './splits.ts';

let folder: string;
let samples: string;
const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
const BOXES = [
  { classId: 3, label: 'gear', score: 0.9, box: [0.1, 0.1, 0.5, 0.5] },
  { classId: 1, label: 'nut', score: 0.2, box: [0.5, 0.5, 1.2, 0.9] },
];

function record(id: string, more: Partial<SampleRecord> = {}): SampleRecord {
  return {
    schemaVersion: 1,
    id,
    object: `${id}.jpg`,
    contentType: 'image/jpeg',
    configId: 'Parts',
    thing: 'belt-7',
    keptAt: `2026-01-01T00:${id.slice(-2)}:00.000Z`,
    service: 'Parts',
    model: { name: 'PartDetector', version: '1.2.0' },
    source: 'belt',
    prediction: BOXES,
    metadata: {},
    ...more,
  };
}

async function put(place: string, ...records: readonly SampleRecord[]): Promise<void> {
  const background = 'gray';
  const picture = await sharp({ create: { width: 40, height: 20, channels: 3, background } })
    .jpeg()
    .toBuffer();
  await mkdir(place, { recursive: true });
  for (const one of records) {
    await writeFile(path.join(place, `${one.id}.json`), JSON.stringify(one));
    await writeFile(path.join(place, one.object), picture);
  }
}

async function dataset(...args: readonly string[]) {
  const io = new MemoryIo();
  const code = await runProgram(['dataset', ...args], io, new AbortController().signal);
  return { code, io };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-dataset-test-'));
  samples = at('samples');
  const ids = Array.from({ length: 12 }, (_, minute) => `sample-${10 + minute}`);
  await put(path.join(samples, 'belt-7'), ...ids.map((id) => record(id)));
  const marked = { shouldBe: 'washer', metadata: { 'kept-by': 'console' } };
  await put(path.join(samples, 'belt-8'), record('marked-40', marked), record('other-41', { service: 'Other' }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('edgeml dataset', () => {
  it('makes of samples a task for a labeling tool, and of its labels a training set', async () => {
    const task = await dataset(samples, '--service', 'Parts', '--to', 'label-studio', '--output', at('task'));
    expect(task).toMatchObject({ code: 0 });
    expect(task.io.out).toContain('holds 13 pictures');
    expect(task.io.out).toContain('left out: 1 not chosen');
    const tasks = JSON.parse(await readFile(at('task/tasks.json'), 'utf8')) as LabelStudioTask[];
    expect(tasks).toHaveLength(13);
    expect(tasks[0]).toMatchObject({
      data: { image: '/data/local-files/?d=images/sample-10.jpg' },
      predictions: [{ model_version: 'PartDetector 1.2.0', score: 0.55 }],
    });
    // A box over the edge ends there.
    expect(tasks[0]?.predictions[0]?.result[1]?.value).toMatchObject({ x: 50, width: 50, rectanglelabels: ['nut'] });
    expect(tasks.filter(({ data }) => data.shouldBe === 'washer')).toHaveLength(1);

    // A person corrects two of them, as the tool exports it: one has nothing on it.
    const corrected = [tasks[0]?.predictions[0]?.result.slice(0, 1), []];
    const exported = corrected.map((result, index) => ({ ...tasks[index], annotations: [{ result }] }));
    await writeFile(at('export.json'), JSON.stringify([...exported, tasks[2]]));
    await writeFile(at('labels.txt'), 'bolt\nnut\ngear\n');
    const words = ['--labels', at('export.json'), '--classes', at('labels.txt'), '--output', at('training'), '--json'];
    const { code, io } = await dataset(samples, '--to', 'yolo', ...words);
    expect([code, io.err]).toEqual([0, expect.not.stringContaining('error')]);
    expect(JSON.parse(io.out)).toMatchObject({ task: 'detection', objects: { bolt: 0, nut: 0, gear: 1 } });
    const texts = (await filesBelow(at('training'))).filter((name) => name.endsWith('.txt'));
    expect(await Promise.all(texts.map((name) => readFile(at('training', name), 'utf8')))).toEqual(
      expect.arrayContaining(['2 0.30000000 0.30000000 0.40000000 0.40000000\n', '']),
    );
    expect(texts).toHaveLength(2);
  });

  it('reads a bucket, whose pictures stay there if the format names them by their address', async () => {
    const server = await startS3Server('samples');
    const s3 = new S3Client({
      endpoint: server.url,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: TEST_KEYS,
    });
    try {
      for (const name of await filesBelow(path.join(samples, 'belt-7'))) {
        const Body = await readFile(path.join(samples, 'belt-7', name));
        await s3.send(new PutObjectCommand({ Bucket: 'samples', Key: `belt-7/${name}`, Body }));
      }
      vi.stubEnv('AWS_ENDPOINT_URL', server.url);
      vi.stubEnv('AWS_REGION', 'eu-west-1');
      vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_KEYS.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_KEYS.secretAccessKey);
      const truth = await dataset('s3://samples/belt-7', '--to', 'ground-truth', '--output', at('from-bucket'));
      expect(truth).toMatchObject({ code: 0 });
      expect(await readFile(at('from-bucket/input.manifest'), 'utf8')).toContain('s3://samples/belt-7/sample-10.jpg');
      expect(await readdir(at('from-bucket'))).not.toContain('images');
      expect(await dataset('s3://samples/belt-7', '--to', 'coco', '--output', at('copied'))).toMatchObject({ code: 0 });
      expect((await filesBelow(at('copied'))).filter((name) => name.endsWith('.jpg'))).toHaveLength(12);
      const { code, io } = await dataset('s3://elsewhere', '--to', 'coco', '--output', at('never'));
      expect([code, io.err]).toEqual([1, expect.stringContaining('cannot read s3://elsewhere/: NoSuchBucket')]);
    } finally {
      vi.unstubAllEnvs();
      s3.destroy();
      await server.close();
    }
  });

  it('keeps only what a person marked, and says where Ground Truth finds it', async () => {
    const words = ['--to', 'ground-truth', '--image-root', 's3://labeling/round-3/', '--output', at('marked')];
    expect(await dataset(samples, '--marked', ...words)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(at('marked/input.manifest'), 'utf8'))).toEqual({
      'source-ref': 's3://labeling/round-3/images/marked-40.jpg',
    });
    expect(await readdir(at('marked/images'))).toEqual(['marked-40.jpg']);
  });

  it('counts what a person named of a picture with one class as that person’s', async () => {
    const prediction = [{ classId: 0, label: 'good', score: 0.8 }];
    await put(at('classes'), record('one-01', { prediction }), record('two-02', { prediction, shouldBe: 'bad' }));
    expect(await dataset(at('classes'), '--to', 'yolo', '--output', at('by-class'))).toMatchObject({ code: 0 });
    const found = (await filesBelow(at('by-class'))).filter((name) => name.endsWith('.jpg'));
    expect(found.map((name) => name.split('/').slice(1).join('/')).sort()).toEqual([
      'bad/two-02.jpg',
      'good/one-01.jpg',
    ]);
    const coco = await dataset(at('classes'), '--to', 'coco', '--output', at('no-coco'));
    expect([coco.code, coco.io.err]).toEqual([1, expect.stringContaining('dataset.format-unsuited')]);
  });

  it('names the file, the value and the fix of what is wrong', async () => {
    await writeFile(
      at('bad.manifest'),
      '{"source-ref":"s3://b/x.jpg","l":{},"l-metadata":{"type":"groundtruth/text"}}\n',
    );
    await writeFile(at('stranger.manifest'), groundTruthLine('stranger.jpg', 30));
    await writeFile(at('outside.manifest'), groundTruthLine('sample-10.jpg', 300));
    await writeFile(at('fine.manifest'), groundTruthLine('sample-10.jpg', 30));
    await writeFile(at('few.txt'), 'bolt\n');
    const wrong: readonly (readonly [string, readonly string[]])[] = [
      ['bad.manifest:1: l-metadata: the type "groundtruth/text" is neither', ['--labels', at('bad.manifest')]],
      [
        '1 of 1 labeled pictures are not among the samples, the first is "stranger.jpg"',
        ['--labels', at('stranger.manifest')],
      ],
      ['the box 4, 2, 304, 12 is empty or outside of the picture of 40 × 20', ['--labels', at('outside.manifest')]],
      [
        'the label "gear" of sample-10.jpg is none of the classes: bolt',
        ['--labels', at('fine.manifest'), '--classes', at('few.txt')],
      ],
      ['does not look like any of coco, yolo', ['--labels', at('few.txt')]],
      ['cannot read', ['--labels', at('nothing')]],
      [
        'does not have a sample for the data set: 28 files, 14 records of samples: 14 not chosen',
        ['--service', 'Nobody'],
      ],
      ['holds 2 files', ['--output', at('full')]],
    ];
    await mkdir(at('full'));
    for (const name of ['a', 'b']) await writeFile(at('full', name), '');
    for (const [message, words] of wrong) {
      const { code, io } = await dataset(samples, '--to', 'coco', '--output', at('never'), ...words);
      expect([code, io.err]).toEqual([1, expect.stringContaining(message)]);
    }
    const nowhere = await dataset(at('none'), '--to', 'coco', '--output', at('never'));
    expect(nowhere.io.err).toContain(`"${at('none')}" is not a folder`);
    const local = await dataset(samples, '--to', 'ground-truth', '--output', at('never'));
    expect(local.io.err).toContain('dataset.no-image-root');
    for (const words of [
      ['--to', 'voc'],
      ['--to', 'coco', '--splits', '80/30/10'],
      ['--to', 'coco', '--min-score', '7'],
    ])
      expect(await dataset(samples, '--output', at('never'), ...words)).toMatchObject({ code: 2 });
    expect(await readdir(folder)).not.toContain('never');
  });
});

describe('splits', () => {
  const shares = { train: 0.6, val: 0.3, test: 0.1 };
  const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-01-02'), noInvalidDate: true });
  const one = fc
    .record({ thing: fc.constantFrom('a', 'b'), source: fc.constantFrom('x', 'y'), takenAt: moment })
    .map(({ takenAt, ...rest }) => record('s-01', { ...rest, takenAt: takenAt.toISOString() }));

  it('never part what one source saw in one minute', () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), fc.string(), (records, seed) => {
        const splits = new Map<string, string>();
        for (const taken of records) {
          const split = splitOf(taken, shares, seed);
          expect(splits.get(groupOf(taken)) ?? split).toBe(split);
          splits.set(groupOf(taken), split);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have the shares that were asked for, and others with another seed', () => {
    const records = Array.from({ length: 3000 }, (_, minute) =>
      record('s-01', { takenAt: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString() }),
    );
    const [first, second] = ['one', 'two'].map((seed) => records.map((taken) => splitOf(taken, shares, seed)));
    // Three standard deviations of a share of 0.6 among 3,000 are 0.027.
    for (const split of SPLITS)
      expect(first!.filter((found) => found === split).length / 3000).toBeCloseTo(shares[split], 1);
    expect(first).not.toEqual(second);
  });
});

interface LabelStudioTask {
  readonly data: Readonly<Record<string, string>>;
  readonly predictions: readonly { readonly result: readonly { readonly value: object }[] }[];
}

function groundTruthLine(name: string, width: number): string {
  const annotations = [{ class_id: 2, left: 4, top: 2, width, height: 10 }];
  const label = { image_size: [{ width: 40, height: 20, depth: 3 }], annotations };
  const metadata = { 'class-map': { 2: 'gear' }, type: 'groundtruth/object-detection' };
  return `${JSON.stringify({ 'source-ref': `s3://labeling/${name}`, boxes: label, 'boxes-metadata': metadata })}\n`;
}
