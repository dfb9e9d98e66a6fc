import { describe, expect, it } from 'vitest';

import { eventMessage } from './event-message.ts';

const origin = { thing: 'belt-7', timestamp: '2026-01-01T00:00:00.000Z' };
const model = { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1, hash: 'f'.repeat(64) };

describe('eventMessage', () => {
  it('says what happened, when and where', () => {
    expect(eventMessage('model.retired', { model }, origin)).toEqual({
      event: 'model.retired',
      component: 'edgeml.InferenceAgent',
      ...origin,
      model,
    });
  });

  it('stays under 4 kB, however long the reason is', () => {
    const error = {
      code: 'model.no-variant',
      message: 'because '.repeat(2_000),
      todo: 'Read the reason.',
      status: 422,
      facts: { results: Array.from({ length: 200 }, () => ({ reason: 'x'.repeat(100) })) },
    };
    const message = eventMessage('model.rejected', { alias: 'Parts', path: '/parts', error }, origin);
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(4_000);
    expect(message).toMatchObject({ alias: 'Parts', error: { code: 'model.no-variant', todo: 'Read the reason.' } });
  });
});
