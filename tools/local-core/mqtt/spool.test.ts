import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { IotPublish, Qos } from './iot-core.ts';
import { DEFAULT_SPOOL_BYTES, Spool } from './spool.ts';

const message = (bytes: number, qos: Qos = 1): IotPublish => ({
  topic: `t${qos}`,
  payload: new Uint8Array(bytes),
  qos,
});

describe('Spool', () => {
  it('holds 2.5 MiB of payload by default', () => {
    const spool = new Spool();
    for (let at = 0; at < 20; at++) spool.add(message(128 * 1024));

    expect(spool.bytes).toBe(DEFAULT_SPOOL_BYTES);
    expect(() => spool.add(message(1))).toThrow('Message spool is full.');
  });

  it('lets the oldest of quality 0 make room, and no more of them than needed', () => {
    const spool = new Spool(100);
    for (const bytes of [30, 31, 32]) spool.add(message(bytes, 0));

    spool.add(message(40));

    const sizes = Array.from({ length: spool.waiting }, () => spool.take()?.message.payload.byteLength);
    expect(sizes).toEqual([32, 40]);
  });

  it('refuses what could never fit', () => {
    expect(() => new Spool(100).add(message(101))).toThrow('larger than the size of message spool');
  });

  it('counts a message until it is done', () => {
    const spool = new Spool(100);
    spool.add(message(100));
    const taken = spool.take();

    expect(() => spool.add(message(1))).toThrow('full');
    if (taken) spool.done(taken);
    expect(() => spool.add(message(100))).not.toThrow();
  });

  it('gives a failed message out again, first and with one more attempt', () => {
    const spool = new Spool();
    spool.add(message(1));
    spool.add(message(2));
    const taken = spool.take();
    if (taken) spool.retry(taken);

    expect(spool.take()).toMatchObject({ attempts: 1, message: { payload: { byteLength: 1 } } });
  });

  it('never holds more than its bound, and counts right, whatever happens', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), bytes: fc.nat(60), qos: fc.constantFrom<Qos>(0, 1) }),
      fc.record({ kind: fc.constantFrom('take' as const, 'done' as const, 'retry' as const, 'dropQos0' as const) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const spool = new Spool(100);
        const inFlight: NonNullable<ReturnType<Spool['take']>>[] = [];
        for (const step of actions) {
          if (step.kind === 'add') {
            try {
              spool.add(message(step.bytes, step.qos));
            } catch {
              // Full; what matters is that the count stays right.
            }
          } else if (step.kind === 'dropQos0') {
            spool.dropQos0();
          } else if (step.kind === 'take') {
            const taken = spool.take();
            if (taken) inFlight.push(taken);
          } else {
            const oldest = inFlight.shift();
            if (oldest) spool[step.kind](oldest);
          }
          expect(spool.bytes).toBeLessThanOrEqual(100);
        }
        for (const spooled of inFlight) spool.done(spooled);
        for (let spooled = spool.take(); spooled; spooled = spool.take()) spool.done(spooled);
        expect(spool.bytes).toBe(0);
      }),
    );
  });
});
