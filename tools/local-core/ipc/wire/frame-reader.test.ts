import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FrameReader } from './frame-reader.ts';
import { decodeFrame, encodeFrame, MAX_FRAME_BYTES, PRELUDE_BYTES } from './frame.ts';
import type { Frame, FrameToSend } from './frame.ts';

const headerName = fc
  .string({ minLength: 1, maxLength: 20 })
  .filter((name) => !name.startsWith(':') && name !== '__proto__');
const anyFrame: fc.Arbitrary<Frame> = fc.record({
  type: fc.integer({ min: 0, max: 7 }),
  flags: fc.integer({ min: 0, max: 3 }),
  streamId: fc.nat(),
  headers: fc.dictionary(headerName, fc.string({ maxLength: 50 }), { maxKeys: 4, noNullPrototype: true }),
  payload: fc.uint8Array({ maxLength: 300 }),
});

const plain = (frame: Frame): object => ({ ...frame, payload: [...frame.payload] });
const sample: FrameToSend = { type: 0, streamId: 7, headers: { operation: 'x' }, payload: '{"a":1}' };

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(plain(decodeFrame(encodeFrame(frame)))).toEqual(plain(frame));
      }),
    );
  });

  it('have the layout of the event-stream format', () => {
    const bytes = Buffer.from(encodeFrame({ type: 4, headers: { ':version': '0.1.0' }, payload: '{}' }));

    expect(bytes.readUInt32BE(0)).toBe(bytes.length);
    expect(bytes.subarray(PRELUDE_BYTES, PRELUDE_BYTES + 14).toString()).toBe('\r:message-type');
    // Type 4 is int32, four bytes, big endian.
    expect([...bytes.subarray(PRELUDE_BYTES + 14, PRELUDE_BYTES + 19)]).toEqual([4, 0, 0, 0, 4]);
    expect(bytes.subarray(-6, -4).toString()).toBe('{}');
  });
});

describe('FrameReader', () => {
  it('finds the frame wherever the stream is cut in two', () => {
    const bytes = encodeFrame(sample);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new FrameReader();
      const frames = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))];
      expect(frames.map(plain)).toEqual([plain(decodeFrame(bytes))]);
      expect(reader.buffered).toBe(0);
    }
  });

  it('finds all frames, whatever the pieces', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 400 })),
        (frames, pieces) => {
          const stream = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
          const reader = new FrameReader();
          const found: Frame[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = pieces.length > 0 ? (pieces[turn % pieces.length] as number) : stream.length;
            found.push(...reader.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(found.map(plain)).toEqual(frames.map(plain));
        },
      ),
    );
  });

  it('refuses a frame in which any one bit has flipped', () => {
    const bytes = encodeFrame(sample);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => [...new FrameReader().push(damaged)]).toThrow();
    }
  });

  it('never takes garbage for a frame, nor throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: PRELUDE_BYTES, maxLength: 200 }), (garbage) => {
        expect(() => [...new FrameReader().push(garbage)]).toThrowError(
          expect.objectContaining({ code: 'ipc-server.bad-frame' }),
        );
      }),
    );
  });

  it('refuses a frame above its bound as soon as it has seen the prelude', () => {
    const prelude = encodeFrame({ type: 0, payload: new Uint8Array(1000) }).subarray(0, PRELUDE_BYTES);

    expect(() => [...new FrameReader(1000).push(prelude)]).toThrow('exceeds the 1000 bytes allowed');
  });

  it('has the bound of the official client, 24 MiB', () => {
    const overhead = encodeFrame({ type: 0 }).length;
    const fits = encodeFrame({ type: 0, payload: new Uint8Array(MAX_FRAME_BYTES - overhead) });
    const tooLarge = encodeFrame({ type: 0, payload: new Uint8Array(MAX_FRAME_BYTES - overhead + 1) });

    expect([...new FrameReader().push(fits)]).toHaveLength(1);
    expect(() => [...new FrameReader().push(tooLarge)]).toThrow('exceeds the 25165824 bytes allowed');
  });

  it('refuses a frame without the three common headers', () => {
    const bytes = encodeFrame(sample);
    const reader = new FrameReader();
    const [frame] = [...reader.push(bytes)];

    expect(frame?.headers).toEqual({ operation: 'x' });
    expect(() => decodeFrame(withoutCommonHeaders())).toThrow(':message-type');
  });
});

/** The smallest frame: checksums of an empty message, no headers, no payload. */
function withoutCommonHeaders(): Uint8Array {
  return Uint8Array.from([0, 0, 0, 16, 0, 0, 0, 0, 5, 194, 72, 235, 125, 152, 200, 255]);
}
