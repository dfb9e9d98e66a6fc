import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameChannel } from './frame-channel.ts';

const LIMITS = { headBytes: 1_000, blobBytes: 100_000 };

/** A channel's frames from bytes that arrive in pieces. */
async function received(bytes: Buffer, cuts: readonly number[]) {
  const stream = new PassThrough();
  const frames: { readonly head: unknown; readonly blob: string }[] = [];
  let reason: Error | undefined | 'open' = 'open';
  new FrameChannel(stream, LIMITS).listen({
    frame: (head, blob) => frames.push({ head, blob: blob.toString('hex') }),
    closed: (why) => (reason = why),
  });
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    stream.write(bytes.subarray(at, Math.min(cut, bytes.length)));
    at = Math.max(at, Math.min(cut, bytes.length));
  }
  stream.end(bytes.subarray(at));
  await new Promise((resolve) => stream.once('close', resolve));
  return { frames, reason };
}

/** The bytes that a channel sends. */
async function sent(messages: readonly { readonly head: object; readonly blobs: readonly Uint8Array[] }[]) {
  const stream = new PassThrough();
  const channel = new FrameChannel(stream, LIMITS);
  for (const { head, blobs } of messages) channel.send(head, blobs);
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
}

describe('FrameChannel', () => {
  it('brings every message over, wherever the stream is cut', async () => {
    const message = fc.record({
      head: fc.record({ text: fc.string({ maxLength: 40 }), number: fc.integer() }),
      blobs: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(3_000)), async (messages, cuts) => {
        const { frames, reason } = await received(await sent(messages), cuts);
        expect(frames).toEqual(
          messages.map(({ head, blobs }) => ({ head, blob: Buffer.concat(blobs).toString('hex') })),
        );
        expect(reason).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a head larger than allowed', [2_000, 0]],
    ['a blob larger than allowed', [2, 4_000_000_000]],
  ])('ends with a reason at %s', async (_what, [head = 0, blob = 0]) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(head, 0);
    bytes.writeUInt32LE(blob, 4);
    const { frames, reason } = await received(Buffer.concat([bytes, Buffer.from('{}')]), []);
    expect(frames).toEqual([]);
    expect(reason).toMatchObject({ message: expect.stringContaining('larger than allowed') as unknown });
  });

  it('ends with a reason at a head that is not JSON', async () => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(3, 0);
    const { reason } = await received(Buffer.concat([bytes, Buffer.from('{{{')]), []);
    expect(reason).toBeInstanceOf(Error);
  });
});
