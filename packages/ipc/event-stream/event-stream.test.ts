import { crc32 } from 'node:zlib';
import { EventStreamCodec, Int64 } from '@smithy/eventstream-codec';
import type { MessageHeaderValue } from '@smithy/eventstream-codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeFrame, MAX_FRAME_BYTES, PRELUDE_BYTES } from './frame.ts';
import type { Frame, FrameToSend } from './frame.ts';
import { FrameReader } from './frame-reader.ts';

const headerName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((name) => !name.startsWith(':'));
const headers = fc.dictionary(headerName, fc.string({ unit: 'grapheme', maxLength: 50 }), {
  maxKeys: 4,
  noNullPrototype: true,
});
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const anyFrame: fc.Arbitrary<Frame> = fc.record({
  type: fc.integer({ min: 0, max: 7 }),
  flags: fc.integer({ min: 0, max: 3 }),
  streamId: int32,
  headers,
  payload: fc.uint8Array({ maxLength: 300 }),
});

const plain = (frame: Frame): object => ({ ...frame, payload: [...frame.payload] });
const sample: FrameToSend = { type: 0, streamId: 7, headers: { operation: 'x' }, payload: '{"a":1}' };

function readAll(bytes: Uint8Array, reader = new FrameReader()): readonly object[] {
  return [...reader.push(bytes)].map(plain);
}

/** A frame as its four parts say, with checksums that fit. */
function frameOf(total: number, headersBytes: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PRELUDE_BYTES + rest.length + 4);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headersBytes, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  bytes.set(rest, PRELUDE_BYTES);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(readAll(encodeFrame(frame))).toEqual([plain(frame)]);
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

  it('refuse headers that the format has no room for', () => {
    expect(() => encodeFrame({ headers: { ['n'.repeat(256)]: '' } })).toThrow(RangeError);
    expect(() => encodeFrame({ headers: { n: 'v'.repeat(65_536) } })).toThrow(RangeError);
    const longest = { ['n'.repeat(255)]: 'v'.repeat(65_535) };
    expect(readAll(encodeFrame({ headers: longest }))).toMatchObject([{ headers: longest }]);
  });
});

describe('beside the codec of the AWS SDKs', () => {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes as Uint8Array).toString(),
    (text) => new Uint8Array(Buffer.from(text)),
  );
  const value: fc.Arbitrary<MessageHeaderValue> = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => ({ type: 'string' as const, value: text })),
    fc.boolean().map((flag) => ({ type: 'boolean' as const, value: flag })),
    fc.integer({ min: -128, max: 127 }).map((number) => ({ type: 'byte' as const, value: number })),
    fc.integer({ min: -32_768, max: 32_767 }).map((number) => ({ type: 'short' as const, value: number })),
    int32.map((number) => ({ type: 'integer' as const, value: number })),
    fc.integer().map((number) => ({ type: 'long' as const, value: Int64.fromNumber(number) })),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => ({ type: 'binary' as const, value: bytes })),
    fc.date({ noInvalidDate: true }).map((date) => ({ type: 'timestamp' as const, value: date })),
    fc.uuid().map((uuid) => ({ type: 'uuid' as const, value: uuid })),
  );

  it('encodes to the same bytes', () => {
    fc.assert(
      fc.property(anyFrame, ({ type, flags, streamId, headers, payload }) => {
        const integer = (value: number) => ({ type: 'integer' as const, value });
        const others = Object.entries(headers).map(([name, text]) => [name, { type: 'string' as const, value: text }]);
        const all = Object.fromEntries([
          [':message-type', integer(type)],
          [':message-flags', integer(flags)],
          [':stream-id', integer(streamId)],
          ...others,
        ]) as Record<string, MessageHeaderValue>;
        // The order of the headers is that of the object, in which whole numbers come first.
        fc.pre(!Object.keys(headers).some((name) => /^\d+$/.test(name) || name === '__proto__'));
        const theirs = codec.encode({ headers: all, body: payload });
        expect([...encodeFrame({ type, flags, streamId, headers, payload })]).toEqual([...theirs]);
      }),
    );
  });

  it('reads what it encodes, headers of every type', () => {
    fc.assert(
      fc.property(fc.dictionary(headerName, value, { maxKeys: 6, noNullPrototype: true }), (others) => {
        fc.pre(!Object.keys(others).includes('__proto__'));
        const common = Object.fromEntries(
          [':message-type', ':message-flags', ':stream-id'].map((name) => [
            name,
            { type: 'integer' as const, value: 3 },
          ]),
        );
        const bytes = codec.encode({ headers: { ...others, ...common }, body: Buffer.from('body') });
        const texts = Object.entries(others).flatMap(([name, header]) =>
          header.type === 'string' ? [[name, header.value] as const] : [],
        );
        expect(readAll(bytes)).toMatchObject([{ type: 3, flags: 3, streamId: 3, headers: Object.fromEntries(texts) }]);
      }),
    );
  });
});

describe('FrameReader', () => {
  it('finds the frame wherever the stream is cut in two', () => {
    const bytes = encodeFrame(sample);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new FrameReader();
      const frames = [...readAll(bytes.subarray(0, cut), reader), ...readAll(bytes.subarray(cut), reader)];
      expect(frames).toEqual(readAll(bytes));
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
          const found: object[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = pieces.length > 0 ? (pieces[turn % pieces.length] as number) : stream.length;
            found.push(...readAll(stream.subarray(at, at + size), reader));
            at += size;
          }
          expect(found).toEqual(frames.map(plain));
        },
      ),
    );
  });

  it('refuses a frame in which any one bit has flipped', () => {
    const bytes = encodeFrame(sample);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => readAll(damaged)).toThrow();
    }
  });

  it('never takes garbage for a frame, nor throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: PRELUDE_BYTES, maxLength: 200 }), (garbage) => {
        expect(() => readAll(garbage)).toThrowError(expect.objectContaining({ code: 'ipc.bad-frame' }));
      }),
    );
  });

  it('reads no byte beyond the headers, whatever lengths they claim', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (head, payload) => {
        const bytes = frameOf(16 + head.length + payload.length, head.length, Buffer.concat([head, payload]));
        expect(() => readAll(bytes)).toThrowError(expect.objectContaining({ code: 'ipc.bad-frame' }));
      }),
    );
    // A name of four bytes and a text of eight, of which the last would be the payload's.
    const name = Buffer.from('\u0004abcdef');
    const text = Buffer.from('\u0001n\u0007\u0000\u0008abcdefgh');
    expect(() => readAll(frameOf(16 + name.length, 4, name))).toThrow('does not end within the headers');
    expect(() => readAll(frameOf(16 + text.length, text.length - 1, text))).toThrow('does not end within the headers');
  });

  it.each([
    [0, 0, 'below 16'],
    [15, 0, 'below 16'],
    [MAX_FRAME_BYTES + 1, 0, 'exceeds the 25165824 bytes allowed'],
    [0xffff_ffff, 0, 'exceeds the 25165824 bytes allowed'],
    [20, 5, 'headers of 5 bytes do not fit'],
    [20, 0xffff_ffff, 'do not fit'],
    [1_000_000, 128 * 1024 + 1, 'do not fit'],
  ])('refuses a frame of %i bytes with %i of headers as soon as it has seen that', (total, headersBytes, why) => {
    const prelude = frameOf(total, headersBytes, Buffer.alloc(0)).subarray(0, PRELUDE_BYTES);
    expect(() => readAll(prelude)).toThrow(why);
  });

  it('has a bound that may be lower', () => {
    const prelude = encodeFrame({ payload: new Uint8Array(1000) }).subarray(0, PRELUDE_BYTES);

    expect(() => readAll(prelude, new FrameReader(1000))).toThrow('exceeds the 1000 bytes allowed');
  });

  it('has the bound of the official client, 24 MiB', () => {
    const overhead = encodeFrame({}).length;
    const fits = encodeFrame({ payload: new Uint8Array(MAX_FRAME_BYTES - overhead) });
    const tooLarge = encodeFrame({ payload: new Uint8Array(MAX_FRAME_BYTES - overhead + 1) });

    expect([...new FrameReader().push(fits)]).toHaveLength(1);
    expect(() => [...new FrameReader().push(tooLarge)]).toThrow('exceeds the 25165824 bytes allowed');
  });

  it('refuses a frame without the three common headers', () => {
    expect(readAll(encodeFrame(sample))).toMatchObject([{ headers: { operation: 'x' } }]);
    expect(() => readAll(frameOf(16, 0, Buffer.alloc(0)))).toThrow(':message-type');
  });
});
