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

  it('leaves raw tensors out', () => {
    const outputs = { probs: { type: 'float32', shape: [1], data: 'A'.repeat(8_000) } };
    expect(fitReply({ ...resultWith(1), outputs })).toEqual(resultWith(1));
  });
});
