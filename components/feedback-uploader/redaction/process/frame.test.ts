import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { uploaderErrors } from '../../errors.ts';
import { answerRedactions } from './answer-redactions.ts';
import { encodeFrame, readFrames } from './frame.ts';
import type { Frame } from './frame.ts';

const bytesOf = (...frames: Frame[]) => Buffer.concat(frames.flatMap(encodeFrame));
const inPieces = (bytes: Buffer, length: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length)),
  );
const framesOf = async (stream: Readable) => {
  const frames: Frame[] = [];
  for await (const frame of readFrames(stream)) frames.push(frame);
  return frames;
};

const one: Frame = { header: { name: 'Köln' }, body: Buffer.from('pixels') };
const empty: Frame = { header: [], body: Buffer.alloc(0) };

describe('frames', () => {
  it.each([1, 3, 7, 1_000])('come out as they went in, in pieces of %i bytes', async (length) => {
    expect(await framesOf(inPieces(bytesOf(one, empty, one), length))).toEqual([one, empty, one]);
  });

  it('drop what was cut off', async () => {
    const bytes = bytesOf(one, one);
    for (let cut = 1; cut < bytes.length / 2; cut++)
      expect(await framesOf(inPieces(bytes.subarray(0, bytes.length - cut), 5))).toEqual([one]);
  });
});

describe('answerRedactions', () => {
  it('answers every question in its turn, failures too, and collects before each', async () => {
    const output = new PassThrough();
    let collected = 0;
    const question = { header: { settings: {}, prediction: [] }, body: Buffer.from('image') };
    const failing = { ...question, body: Buffer.from('bad') };
    const toHash = { header: { hash: true }, body: Buffer.from('image') };
    await answerRedactions(
      inPieces(bytesOf(question, failing, question, toHash, { ...toHash, body: failing.body }), 11),
      output,
      {
        redact: async (image) => {
          if (Buffer.from(image).toString() === 'bad')
            throw uploaderErrors.error('redaction.not-an-image', 'bad image');
          return { image: Buffer.from('hidden'), record: { mode: 'blur', polygons: 0, boxes: 1 } };
        },
        hash: async (image) => (Buffer.from(image).toString() === 'bad' ? undefined : Buffer.from('hash of it')),
      },
      () => collected++,
    );
    output.end();
    const hidden = { header: { record: { mode: 'blur', polygons: 0, boxes: 1 } }, body: Buffer.from('hidden') };
    expect(await framesOf(output)).toMatchObject([
      hidden,
      { header: { error: { code: 'redaction.not-an-image', message: 'bad image' } }, body: Buffer.alloc(0) },
      hidden,
      { header: { hash: true }, body: Buffer.from('hash of it') },
      { header: { hash: true }, body: Buffer.alloc(0) },
    ]);
    expect(collected).toBe(5);
  });
});
