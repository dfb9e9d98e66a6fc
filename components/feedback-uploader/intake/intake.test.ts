import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { readUploaderConfiguration } from '../config.ts';
import { Spool } from '../spool/spool.ts';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import { settled } from '../../../testing/uploader/until.ts';
import { hashPicture } from '../duplicates/picture-hash.ts';
import { redactImage } from '../redaction/redact-image.ts';
import { ByteGate } from '../memory/byte-gate.ts';
import { FeedbackIntake } from './feedback-intake.ts';
import { objectMetadata } from './metadata.ts';

const good = { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg' };

async function make(map: object = { Parts: good }, more: object = {}) {
  const clock = new FakeClock(Date.UTC(2026, 4, 6, 7, 8, 9, 10));
  const folder = new MemoryFolder();
  const limits = { maxBytes: 50_000_000, maxSamples: 100, minFreeBytes: 0 };
  const spool = await Spool.open({ folder, limits, clock, log: silentLogger });
  const said: string[] = [];
  const outcomes: string[] = [];
  const announcer = {
    dropped: (id: string) => void said.push(`dropped ${id}`),
    throttled: (id: string, limit: number) => void said.push(`throttled ${id} ${limit}`),
    failed: (id: string, error: string) => void said.push(`failed ${id} ${error}`),
  };
  const configure = (changed: object) =>
    readUploaderConfiguration({ FeedbackConfigurationMap: map, ...more, ...changed });
  const observe = (config: string, outcome: string) => void outcomes.push(`${config} ${outcome}`);
  const intake = new FeedbackIntake(
    { spool, announcer, clock, random: () => 0.5, redact: redactImage, hash: hashPicture, observe },
    configure({}),
  );
  const offer = (changes: { configId?: string; prediction?: unknown; metadata?: unknown; input?: Uint8Array } = {}) =>
    intake.handle({
      configId: changes.configId ?? 'Parts',
      prediction: 'prediction' in changes ? changes.prediction : [0.2, 0.8],
      metadata: changes.metadata,
      readInput: async () => changes.input ?? Buffer.from('pixels'),
    });
  const stored = async () => {
    const entry = spool.next();
    if (!entry) throw new Error('nothing waits');
    return spool.read(entry);
  };
  return { clock, folder, spool, said, outcomes, intake, offer, stored, configure };
}

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'ok',
    (thrown: EdgeError) => thrown.code ?? thrown.message,
  );

describe('FeedbackIntake', () => {
  it('rows 45, 46 and 51: stores a sample with its key, type, metadata, time and prediction', async () => {
    const map = { Parts: { ...good, 's3-prefix': 'line/7', 'file-ext': 'jpg', priority: 8 } };
    const { offer, stored, outcomes } = await make(map);
    const answer = await offer({ metadata: { Line: 7, shift: 'early', ok: true } });
    const other = await offer();
    expect(answer).toMatchObject({ status: 'accepted', bucket: 'samples', bytes: 6 });
    expect(answer.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(other.id).not.toBe(answer.id);
    const { header, body } = await stored();
    expect(body.toString()).toBe('pixels');
    expect(header).toEqual({
      id: answer.id,
      because: 'everything is kept',
      configId: 'Parts',
      priority: 8,
      bucket: 'samples',
      key: `line/7/${answer.id}.jpg`,
      contentType: 'image/jpeg',
      metadata: { line: '7', shift: 'early', ok: 'true', 'publish-ts': '2026-05-06 07:08:09.010000' },
      prediction: [0.2, 0.8],
      acceptedAt: Date.UTC(2026, 4, 6, 7, 8, 9, 10),
    });
    expect(outcomes).toEqual(['Parts accepted', 'Parts accepted']);
  });

  it('row 48: drops what the strategy does not want, without asking for the input', async () => {
    const map = { Parts: { ...good, 'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.5 } } };
    const { intake, said, spool } = await make(map);
    const answer = await intake.handle({
      configId: 'Parts',
      prediction: [0.1, 0.9],
      metadata: undefined,
      readInput: () => Promise.reject(new Error('asked for')),
    });
    expect(answer).toMatchObject({ status: 'sample_dropped_by_strategy', reason: 'best score 0.9, threshold 0.5' });
    expect(said).toEqual([`dropped ${answer.id}`]);
    expect(spool.totals().accepted).toBe(0);
  });

  it('drops what is over the quota, also when samples come at once', async () => {
    const quota = { 'per-minute': 2, 'per-hour': 3 };
    const map = { Parts: { ...good, 'sampling-strategy': { 'strategy-name': 'ALL', quota } } };
    const { offer, clock, spool } = await make(map);
    const first = await Promise.all([offer(), offer(), offer(), offer()]);
    expect(first.filter(({ status }) => status === 'accepted')).toHaveLength(2);
    expect(first.find(({ status }) => status !== 'accepted')).toMatchObject({
      reason: 'quota of 2 samples per minute',
    });
    await clock.advance(61_001);
    expect((await Promise.all([offer(), offer()])).map(({ status }) => status)).toEqual([
      'accepted',
      'sample_dropped_by_strategy',
    ]);
    expect(spool.totals().accepted).toBe(3);
  });

  it('does not count a refused sample towards the quota', async () => {
    const map = { Parts: { ...good, 'sampling-strategy': { 'strategy-name': 'ALL', quota: { 'per-day': 1 } } } };
    const { offer, folder } = await make(map);
    folder.fail('EIO', (step, name) => step === 'sync' && name.endsWith('.sample'));
    expect(await codeOf(offer())).toBe('spool.write-failed');
    folder.heal();
    expect((await offer()).status).toBe('accepted');
    expect((await offer()).status).toBe('sample_dropped_by_strategy');
  });

  it('rows 50 and 53: takes as many requests at once as the limit says, and drops one more', async () => {
    const { intake, said, outcomes, configure } = await make({ Parts: good }, { RequestLimit: '2' });
    const gates: (() => void)[] = [];
    const slow = () =>
      intake.handle({
        configId: 'Parts',
        prediction: [1],
        metadata: undefined,
        readInput: () => new Promise((resolve) => gates.push(() => resolve(Buffer.from('x')))),
      });
    const running = [slow(), slow()];
    await settled(3);
    const refusal = await slow().then(
      () => undefined,
      (thrown: EdgeError) => thrown,
    );
    expect(refusal).toMatchObject({
      code: 'feedback.request-limit',
      status: 429,
      message: 'Request limit has been reached (max request: 2 ). Dropping request.',
    });
    expect(said).toEqual([`throttled ${String(refusal?.facts['id'])} 2`]);
    expect(outcomes).toEqual(['Parts feedback.request-limit']);

    for (const open of gates.splice(0)) open();
    await Promise.all(running);
    const next = slow();
    await settled(3);
    intake.setConfiguration(configure({ RequestLimit: '' }));
    const many = Array.from({ length: 50 }, slow);
    await settled(3);
    expect(intake.running).toBe(51);
    for (const open of gates.splice(0)) open();
    await Promise.all([next, ...many]);
    expect(intake.running).toBe(0);
  });

  it.each([
    ['an unknown ConfigId', { configId: 'Nobody' }, 'feedback.unknown-config'],
    ['a name that objects have anyway', { configId: 'toString' }, 'feedback.unknown-config'],
    ['no prediction', { prediction: undefined }, 'feedback.bad-sample'],
    ['a text as prediction', { prediction: 'cat' }, 'feedback.bad-sample'],
    ['null as prediction', { prediction: null }, 'feedback.bad-sample'],
    ['a list as metadata', { metadata: [1] }, 'feedback.bad-sample'],
    ['an empty body', { input: Buffer.alloc(0) }, 'feedback.bad-sample'],
  ])('refuses %s', async (_what, changes, code) => {
    const { offer, spool, said } = await make();
    expect(await codeOf(offer(changes))).toBe(code);
    expect(spool.totals().accepted).toBe(0);
    if (code !== 'feedback.unknown-config')
      expect(said).toEqual([expect.stringMatching(new RegExp(`failed .* ${code}`))]);
  });

  it('row 44: says so when a strategy cannot use the prediction', async () => {
    const map = { Parts: { ...good, 'sampling-strategy': { 'strategy-name': 'MARGIN', threshold: 0.5 } } };
    const { offer } = await make(map);
    expect(await codeOf(offer({ prediction: { text: 'caption' } }))).toBe('sampling.prediction-not-understood');
  });

  it('refuses what no uplink budget will ever carry', async () => {
    const { offer } = await make({ Parts: good }, { UplinkMBPerDay: 0.01, SampleRecords: false });
    expect(await codeOf(offer({ input: Buffer.alloc(7_000) }))).toBe('ok');
    expect(await codeOf(offer({ input: Buffer.alloc(8_000) }))).toBe('feedback.over-budget');
    const withRecords = await make({ Parts: good }, { UplinkMBPerDay: 0.01 });
    expect(await codeOf(withRecords.offer({ input: Buffer.alloc(1_000) }))).toBe('ok');
    expect(await codeOf(withRecords.offer({ input: Buffer.alloc(7_000) }))).toBe('feedback.over-budget');
  });

  it('hides what is to be hidden before anything is on the disk, and says so in record and metadata', async () => {
    const redaction = {
      mode: 'black',
      polygons: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    };
    const { offer, stored } = await make({ Parts: { ...good, redaction } });
    const image = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer();
    await offer({ input: image });
    const { header, body } = await stored();
    expect(header.redaction).toEqual({ mode: 'black', polygons: 1, boxes: 0 });
    expect(header.metadata['redaction']).toBe('black; polygons=1; boxes=0');
    expect((await sharp(body).stats()).channels.every(({ max }) => max < 4)).toBe(true);
  });

  it('keeps nothing of an image in which nothing can be hidden', async () => {
    const redaction = { classes: '*' };
    const { offer, spool, folder } = await make({ Parts: { ...good, redaction } });
    expect(await codeOf(offer({ prediction: [] }))).toBe('redaction.not-an-image');
    expect(spool.totals().accepted).toBe(0);
    expect((await folder.list()).filter(({ name }) => name.endsWith('.sample'))).toEqual([]);
  });

  describe('of a sample that repeats another', () => {
    const uncertain = { 'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.9 } };
    const picture = (quality: number) =>
      sharp({
        create: {
          width: 64,
          height: 48,
          channels: 3,
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
          background: 'white',
        },
      })
        .blur(4)
        .png()
        .toBuffer()
        .then(async (png) => [
          await sharp(png).jpeg({ quality }).toBuffer(),
          await sharp(png).jpeg({ quality: 80 }).toBuffer(),
        ]);
    const statuses = async (map: object, more: { prediction?: unknown } = {}) => {
      const made = await make({ Parts: { ...good, ...map } });
      const [first, second] = await picture(95);
      await made.offer({ input: first! });
      return { ...made, second: second!, answer: await made.offer({ input: second!, ...more }) };
    };

    it('sends one, and names it to whoever offers the other', async () => {
      const { answer, spool } = await statuses(uncertain);
      expect(answer).toMatchObject({ status: 'sample_dropped_by_strategy' });
      expect(answer.status !== 'accepted' && answer.reason).toMatch(
        /^repeats sample [0-9a-f-]{36}: \d of 64 bits differ$/,
      );
      expect(spool.totals().accepted).toBe(1);
    });

    it.each<[string, object, { prediction?: unknown }]>([
      ['that are to be kept', { ...uncertain, duplicates: { keep: true } }, {}],
      ['without a strategy, which asks for everything', {}, {}],
      ['of another class', uncertain, { prediction: [0.8, 0.2] }],
    ])('sends those %s', async (_what, map, more) => {
      expect((await statuses(map, more)).answer.status).toBe('accepted');
    });

    it('drops them without a strategy, too, if the configuration says so', async () => {
      expect((await statuses({ duplicates: {} })).answer.status).toBe('sample_dropped_by_strategy');
    });

    it('sends the other if the first one was evicted, or could not be kept', async () => {
      const { spool, offer, second, folder } = await statuses(uncertain);
      await spool.evict(spool.next()!.id, 'space');
      folder.fail('EIO', (step, name) => step === 'sync' && name.endsWith('.sample'));
      expect(await codeOf(offer({ input: second }))).toBe('spool.write-failed');
      folder.heal();
      expect((await offer({ input: second })).status).toBe('accepted');
    });
  });

  it('keeps what a strategy has learned over changes of other settings', async () => {
    const strategy = { 'sampling-strategy': { 'strategy-name': 'NOVELTY' } };
    const { intake, offer } = await make({ Parts: { ...good, ...strategy } });
    for (let count = 0; count < 30; count++) await offer({ prediction: [0.9] });
    const changed = { ...good, ...strategy, priority: 9 };
    intake.setConfiguration(readUploaderConfiguration({ FeedbackConfigurationMap: { Parts: changed } }));
    expect((await offer({ prediction: [0.1] })).status).toBe('accepted');
    const again = { ...good, 'sampling-strategy': { 'strategy-name': 'NOVELTY', threshold: 0.2 } };
    intake.setConfiguration(readUploaderConfiguration({ FeedbackConfigurationMap: { Parts: again } }));
    expect((await offer({ prediction: [0.1] })).status).toBe('sample_dropped_by_strategy');
  });
});

describe('objectMetadata', () => {
  it.each([
    [{ 'a b': 'x' }, /name "a b"/],
    [{ a: { b: 1 } }, /a is neither/],
    [{ a: null }, /a is neither/],
    [{ a: 'x'.repeat(2_000) }, /2001 bytes/],
  ])('refuses %j', (given, message) => {
    expect(() => objectMetadata(given)).toThrow(message);
  });

  it('takes none', () => expect(objectMetadata(undefined)).toEqual({}));
});

describe('ByteGate', () => {
  const never = new AbortController().signal;

  it('lets in what fits, the rest in order, and what is too large alone', async () => {
    const gate = new ByteGate(100);
    const entered: string[] = [];
    const enter = (name: string, bytes: number, signal = never) =>
      gate.enter(bytes, signal).then((leave) => (entered.push(name), leave));
    const leaveA = await enter('a', 60);
    const b = enter('b', 60);
    const c = enter('c', 10);
    await settled(3);
    expect(entered).toEqual(['a']);
    leaveA();
    leaveA();
    await settled(3);
    expect(entered).toEqual(['a', 'b', 'c']);
    const giant = enter('giant', 500);
    for (const leave of await Promise.all([b, c])) leave();
    await giant;
    expect(gate.inside).toBe(500);
  });

  it('lets nobody wait in vain for one who gave up', async () => {
    const gate = new ByteGate(100);
    const leave = await gate.enter(50, never);
    const controller = new AbortController();
    const large = gate.enter(80, controller.signal);
    const small = gate.enter(20, never);
    controller.abort(new Error('gone'));
    await expect(large).rejects.toThrow('gone');
    await small;
    leave();
    expect(gate.inside).toBe(20);
    await expect(gate.enter(1, controller.signal)).rejects.toThrow('gone');
  });
});
