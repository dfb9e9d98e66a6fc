import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { EdgeError, Incidents, parseConfiguration, silentLogger } from '#packages/foundation';
import type { InvokeResult, ResultMessage } from '#packages/http';
import type { Prediction } from '#packages/model-package';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { appConfiguration } from '../config.ts';
import { Statistics } from '../statistics/statistics.ts';
import { testFrame } from '../../../testing/app/test-frame.ts';
import { Publisher } from './publisher.ts';
import { answerMessage, errorMessage, fitted } from './result-message.ts';

const clock = new FakeClock();
const frame = testFrame(clock, 'belt-01.jpg');

function resultWith(predictions: readonly Prediction[]): InvokeResult {
  return {
    id: 'request-1',
    service: 'Parts',
    model: { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 3, hash: 'ab'.repeat(32) },
    provider: 'cpu',
    variant: 'model.onnx',
    image: { width: 640, height: 480 },
    predictions,
    timings: { decodeMs: 1.23456, preprocessMs: 0, runMs: 7.005, postprocessMs: 0.1, totalMs: 9 },
  };
}

const many = (count: number): Prediction[] =>
  Array.from({ length: count }, (_, index) => ({
    classId: index,
    label: `part-${index}`,
    score: 1 - index / count,
    box: [0.123456, 0.2, 0.3, 0.4],
  }));

const sizeOf = (message: ResultMessage): number => Buffer.byteLength(JSON.stringify(message));

describe('result messages', () => {
  it('say who saw what where, in short numbers', () => {
    const prediction: Prediction = { classId: 1, label: 'bolt', score: 0.987654, box: [0.111111, 0.2, 0.333333, 1] };

    expect(answerMessage('gate-7', frame, resultWith([prediction]))).toEqual({
      id: 'request-1',
      timestamp: '2026-01-01T00:00:00.000Z',
      thing: 'gate-7',
      service: 'Parts',
      source: 'line',
      image: 'belt-01.jpg',
      model: resultWith([]).model,
      provider: 'cpu',
      predictions: [{ classId: 1, label: 'bolt', score: 0.9877, box: [0.1111, 0.2, 0.3333, 1] }],
      timings: { decodeMs: 1.23, preprocessMs: 0, runMs: 7.01, postprocessMs: 0.1, totalMs: 9 },
    });
  });

  it('carry the values of small tensors, as many as there is room for', () => {
    const level = { type: 'float32', shape: [1, 1], data: 'AAAAPw==', values: [0.5] };
    const text = { type: 'string', shape: [1], data: '', values: ['a'.repeat(5_000)] };
    const message = answerMessage('gate-7', frame, { ...resultWith([]), outputs: { text, level } });
    expect(message.outputs).toEqual({
      text: { type: 'string', shape: [1], values: text.values },
      level: { type: 'float32', shape: [1, 1], values: [0.5] },
    });
    const small = fitted(message, 4_000);
    expect(small.outputs).toEqual({ ...message.outputs, text: { type: 'string', shape: [1] } });
    expect(sizeOf(small)).toBeLessThanOrEqual(4_000);
  });

  it('carry the error of an image that got no answer', () => {
    const thrown = new EdgeError('image.corrupt', { status: 422, todo: 'Send it again.' }, 'damaged');

    expect(errorMessage('gate-7', frame, 'Parts', thrown)).toMatchObject({
      service: 'Parts',
      predictions: [],
      error: { code: 'image.corrupt', message: 'damaged', todo: 'Send it again.', status: 422 },
    });
    expect(errorMessage('gate-7', frame, 'Parts', new Error('bug')).error).toMatchObject({
      code: 'app.unexpected',
      message: 'bug',
    });
  });

  it('stay as they are when they fit', () => {
    const message = answerMessage('t', frame, resultWith(many(5)));

    expect(fitted(message, 4_000)).toBe(message);
  });

  it('lose as few of the lowest scores as they must, and say how many', () => {
    const message = answerMessage('t', frame, resultWith(many(200)));

    const small = fitted(message, 4_000);
    const kept = small.predictions.length;

    expect(sizeOf(small)).toBeLessThanOrEqual(4_000);
    expect(small.truncated).toBe(200 - kept);
    expect(small.predictions).toEqual(message.predictions.slice(0, kept));
    const oneMore = { ...message, predictions: message.predictions.slice(0, kept + 1), truncated: 199 - kept };
    expect(sizeOf(oneMore)).toBeGreaterThan(4_000);
  });

  it('lose the masks of the lowest scores before any prediction, and say how many', () => {
    const mask = { size: [480, 640] as const, counts: 'x'.repeat(900) };
    const message = answerMessage('t', frame, resultWith(many(12).map((one) => ({ ...one, mask }))));

    const small = fitted(message, 4_000);

    expect(sizeOf(small)).toBeLessThanOrEqual(4_000);
    expect(small.predictions).toHaveLength(12);
    expect(small.truncated).toBeUndefined();
    const kept = small.predictions.filter((one) => one.mask).length;
    expect(kept).toBeGreaterThan(0);
    expect(small.withoutMask).toBe(12 - kept);
    expect(small.predictions[0]).toHaveProperty('mask');
    expect(small.predictions.at(-1)).not.toHaveProperty('mask');
    expect(fitted(message, 1_200)).toMatchObject({ truncated: expect.any(Number) as number });
  });

  it('shorten the numbers of poses, turned boxes and outlines', () => {
    const [keypoints, corners] = [[[0.123456, 0.2, 0.98765]], [[0.123456, -0.1], [1, 0], [1, 1], [0, 1]]] as never[]; // prettier-ignore
    const mask = { polygons: [[0.123456, 0, 1, 0, 1, 1]] };
    const prediction = { ...many(1)[0], keypoints, corners, angle: 1.234567, mask } as unknown as Prediction;

    expect(answerMessage('t', frame, resultWith([prediction])).predictions).toMatchObject([
      {
        keypoints: [[0.1235, 0.2, 0.9877]],
        corners: [[0.1235, -0.1], {}, {}, {}],
        angle: 1.2346,
        mask: { polygons: [[0.1235, 0, 1, 0, 1, 1]] },
      },
    ]);
  });

  it('fit whatever is in them', () => {
    const text = fc.string({ maxLength: 3_000, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        text,
        text,
        fc.integer({ min: 1_500, max: 20_000 }),
        (count, image, reason, bound) => {
          const thrown = new EdgeError('image.corrupt', { status: 422, todo: 'x' }, reason, { facts: { path: image } });
          const odd = testFrame(clock, image);
          expect(sizeOf(fitted(answerMessage('t', odd, resultWith(many(count))), bound))).toBeLessThanOrEqual(bound);
          expect(sizeOf(fitted(errorMessage('t', odd, 'Parts', thrown), bound))).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });
});

describe('Publisher', () => {
  const message = answerMessage('gate-7', frame, resultWith(many(1)));
  let local: { topic: string; message: unknown }[];
  let iot: { topic: string; payload: unknown; options: unknown }[];
  let lines: { level: string; event: string }[];
  let fail: Error | undefined;
  let hold: Promise<void> | undefined;
  let statistics: Statistics;

  beforeEach(() => {
    [local, iot, lines, fail, hold] = [[], [], [], undefined, undefined];
    statistics = new Statistics();
  });

  function publisherOf(settings: object): Publisher {
    const configuration = parseConfiguration(appConfiguration, settings, { component: 'edgeml.InferenceApp' });
    const note = (level: string) => (_facts: object, event: string) => void lines.push({ level, event });
    const log = { ...silentLogger, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
    return new Publisher({
      ipc: {
        publishLocal: async (topic, sent) => {
          await hold;
          if (fail) throw fail;
          local.push({ topic, message: sent });
        },
        publishIot: async (topic, payload, options) => {
          await hold;
          if (fail) throw fail;
          iot.push({ topic, payload, options });
        },
      },
      settings: () => ({ ...configuration, standIns: {} }),
      statistics,
      incidents: new Incidents(log),
      clock,
      log,
    });
  }

  it('publishes on the local topic and on MQTT', async () => {
    const publisher = publisherOf({});

    void publisher.publish(message);
    await publisher.drain(1_000);

    expect(local).toEqual([{ topic: 'edgeml/results/Parts', message }]);
    expect(iot).toEqual([
      { topic: 'edgeml/gate-7/results/Parts', payload: JSON.stringify(message), options: { qos: 1 } },
    ]);
    expect(statistics.counts.published).toBe(2);
  });

  it('counts the messages that had to be shortened', async () => {
    const publisher = publisherOf({ Mqtt: { Enabled: false }, MaxMessageBytes: 2_000 });

    void publisher.publish(message);
    void publisher.publish(answerMessage('gate-7', frame, resultWith(many(100))));
    await publisher.drain(1_000);

    expect(statistics.counts).toMatchObject({ published: 2, shortened: 1 });
  });

  it('follows its configured topics and quality', async () => {
    const publisher = publisherOf({
      ResultTopic: 'site/{source}/{service}',
      Mqtt: { Topic: 'site/{thing}', Qos: '0' },
    });

    void publisher.publish(message);
    await publisher.drain(1_000);

    expect(local[0]?.topic).toBe('site/line/Parts');
    expect(iot[0]).toMatchObject({ topic: 'site/gate-7', options: { qos: 0 } });
  });

  it('only logs results, at a level that is seen, without a topic', async () => {
    const publisher = publisherOf({ ResultTopic: '', Mqtt: { Enabled: 'false' } });

    void publisher.publish(message);
    await publisher.drain(1_000);

    expect([local, iot]).toEqual([[], []]);
    expect(lines).toEqual([{ level: 'info', event: 'app.result' }]);
  });

  it('warns once about messages that do not go out, and says when they do again', async () => {
    const publisher = publisherOf({ Mqtt: { Enabled: false } });
    fail = new EdgeError('ipc.unauthorized', { status: 403, todo: 'Add it.' }, 'may not');
    for (let n = 0; n < 3; n++) void publisher.publish(message);
    await publisher.drain(1_000);
    fail = undefined;
    void publisher.publish(message);
    await publisher.drain(1_000);

    expect(lines.filter(({ level }) => level !== 'debug').map(({ event }) => event)).toEqual([
      'app.publish-failed',
      'app.publishes-again',
    ]);
    expect(statistics.counts).toMatchObject({ published: 1, unpublished: 3 });
  });

  it('does not pile up messages without end, nor wait for them without end', async () => {
    const publisher = publisherOf({ Mqtt: { Enabled: false } });
    hold = new Promise(() => undefined);
    for (let n = 0; n < 510; n++) void publisher.publish(message);

    expect(statistics.counts.unpublished).toBe(10);
    const drained = publisher.drain(1_000);
    await clock.advance(1_000);
    await drained;
  });
});
