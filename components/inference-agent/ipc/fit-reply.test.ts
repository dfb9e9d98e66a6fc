import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { fitReply } from './fit-reply.ts';

function resultWith(count: number): InvokeResult {
  return {
    id: 'a',
    service: 'Parts',
    model: { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1, hash: 'f'.repeat(64) },
    provider: 'cpu',
    variant: 'model.onnx',
    image: { width: 640, height: 480 },
    predictions: Array.from({ length: count }, (_, index) => ({
      classId: index,
      label: `Größe ${index}`,
      score: 1 - index / count,
      box: [0.123456789, 0.2, 0.3, 0.4] as const,
    })),
    timings: { decodeMs: 1, preprocessMs: 1, runMs: 1, postprocessMs: 1, totalMs: 4 },
  };
}

describe('fitReply', () => {
  it('leaves alone what fits', () => {
    expect(fitReply(resultWith(5))).toEqual(resultWith(5));
  });

  it('cuts the lowest scores and says how many', () => {
    const whole = resultWith(300);
    const fitted = fitReply(whole);
    const kept = fitted.predictions.length;
    expect(fitted.predictions).toEqual(whole.predictions.slice(0, kept));
    expect(kept + (fitted.truncated ?? 0)).toBe(300);
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(3_600);
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeGreaterThan(3_400);
  });

  it('carries a heat map of the most cells, and leaves it out before the answer', () => {
    const values = Buffer.alloc(32 * 32, 200).toString('base64');
    const anomaly = {
      classId: 1,
      label: 'anomaly',
      score: 0.9,
      threshold: 0.5,
      heatMap: { size: [32, 32], values },
    } as const;
    expect(fitReply({ ...resultWith(0), predictions: [anomaly] }).predictions).toEqual([anomaly]);
    const { heatMap: _map, ...bare } = anomaly;
    const larger = { ...anomaly, heatMap: { size: [64, 64], values: values.repeat(4) } } as const;
    expect(fitReply({ ...resultWith(0), predictions: [larger] })).toMatchObject({
      predictions: [bare],
      withoutMask: 1,
    });
  });

  it('carries the values of small tensors, and of others type and shape', () => {
    const level = { type: 'float32', shape: [2], data: 'AAAAAAAAAAA=', values: [0.5, null] };
    const embedding = { type: 'float32', shape: [1, 2_000], data: 'A'.repeat(8_000) };
    expect(fitReply({ ...resultWith(0), outputs: { embedding, level } }).outputs).toEqual({
      embedding: { type: 'float32', shape: [1, 2_000] },
      level: { type: 'float32', shape: [2], values: [0.5, null] },
    });
  });

  it('leaves out the values that do not fit, the largest first, and tensors that are too many', () => {
    const text = (length: number) => ({ type: 'string', shape: [1], data: '', values: ['a'.repeat(length)] });
    const fitted = fitReply({ ...resultWith(0), outputs: { long: text(2_000), short: text(1_500) } });
    expect(fitted.outputs).toEqual({
      long: { type: 'string', shape: [1] },
      short: { ...text(1_500), data: undefined },
    });
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(3_600);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`output-${index}`, text(1)]));
    expect(fitReply({ ...resultWith(2), outputs: many })).toEqual(resultWith(2));
  });

  it('leaves masks out before it cuts predictions', () => {
    const whole = resultWith(8);
    const mask = { size: [480, 640] as const, counts: 'x'.repeat(700) };
    const fitted = fitReply({ ...whole, predictions: whole.predictions.map((one) => ({ ...one, mask })) });
    const kept = fitted.predictions.filter((one) => one.mask).length;
    expect(fitted.predictions).toHaveLength(8);
    expect(fitted.truncated).toBeUndefined();
    expect(kept).toBeGreaterThan(0);
    expect(fitted.withoutMask).toBe(8 - kept);
    expect(fitted.predictions.slice(kept)).toEqual(whole.predictions.slice(kept));
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(3_600);
  });
});
