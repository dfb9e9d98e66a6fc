import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { JpegSplitter } from './jpeg-splitter.ts';

let frames: Buffer[];
let broken: string[];
let maxBytes: number;
let splitter: JpegSplitter;
let pictures: readonly Buffer[];

beforeAll(async () => {
  const noise = (width: number) =>
    sharp({
      create: {
        width,
        height: 40,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    });
  const thumbnail = await noise(16).jpeg().toBuffer();
  pictures = [
    await noise(64).jpeg({ quality: 90 }).toBuffer(),
    await noise(48).jpeg({ progressive: true }).toBuffer(),
    withSegment(await noise(32).jpeg().toBuffer(), thumbnail),
    withSegment(await noise(24).jpeg().toBuffer(), Buffer.alloc(0)),
  ];
});

/** A comment segment after the start mark, as cameras put thumbnails there. */
function withSegment(jpeg: Buffer, content: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xfe, (content.length + 2) >> 8, (content.length + 2) & 0xff]);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

beforeEach(() => {
  [frames, broken, maxBytes] = [[], [], 1_000_000];
  splitter = new JpegSplitter({
    maxBytes: () => maxBytes,
    onFrame: (jpeg) => void frames.push(jpeg),
    onBroken: (reason) => void broken.push(reason),
  });
});

function pushIn(pieces: readonly number[], stream: Buffer): void {
  let at = 0;
  for (const piece of pieces) {
    splitter.push(stream.subarray(at, at + piece));
    at += piece;
  }
  splitter.push(stream.subarray(at));
}

describe('JpegSplitter', () => {
  it('gives back each picture byte for byte, whatever pieces they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }),
        (order, pieces) => {
          [frames, broken] = [[], []];
          const wanted = order.map((index) => pictures[index]!);
          pushIn(pieces, Buffer.concat(wanted));

          expect(frames).toEqual(wanted);
          expect(broken).toEqual([]);
          expect(splitter.reset()).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives back each picture that comes byte by byte', () => {
    for (const byte of Buffer.concat(pictures)) splitter.push(Buffer.from([byte]));

    expect(frames).toEqual(pictures);
  });

  it('does not take the end of a thumbnail for the end of the picture', () => {
    splitter.push(pictures[2]!);

    expect(frames).toHaveLength(1);
  });

  it('gives each picture as soon as its last byte is there', () => {
    const [first, second] = pictures as [Buffer, Buffer];
    splitter.push(Buffer.concat([first, second.subarray(0, 10)]));

    expect(frames).toEqual([first]);
  });

  it('skips what is not a picture, and finds the next one', () => {
    const [first, second] = pictures as [Buffer, Buffer];
    splitter.push(
      Buffer.concat([Buffer.from('HTTP/1.1 200\r\n\xff\xff\x00', 'latin1'), first, Buffer.alloc(5), second]),
    );

    expect(frames).toEqual([first, second]);
    expect(broken).toEqual([]);
  });

  it('counts a picture that breaks off where the next one begins', () => {
    const [first, second] = pictures as [Buffer, Buffer];
    splitter.push(Buffer.concat([first.subarray(0, first.length - 20), second]));

    expect(frames).toEqual([second]);
    expect(broken).toEqual(['decode']);
  });

  it.each([
    ['no mark where one must be', [0xff, 0xd8, 0x12]],
    ['a segment shorter than its length', [0xff, 0xd8, 0xff, 0xe0, 0x00, 0x01]],
    ['an end without a picture', [0xff, 0xd8, 0xff, 0xd9]],
    ['a zero for a mark', [0xff, 0xd8, 0xff, 0x00]],
  ])('counts %s as broken, and goes on', (_, bytes) => {
    splitter.push(Buffer.concat([Buffer.from(bytes), pictures[0]!]));

    expect(broken).toEqual(['decode']);
    expect(frames).toEqual([pictures[0]]);
  });

  it('leaves out what is too long, without keeping it, and goes on', () => {
    const [first, second] = pictures as [Buffer, Buffer];
    maxBytes = Math.min(first.length, second.length) - 1;
    splitter.push(first);
    maxBytes = 1_000_000;
    splitter.push(second);

    expect(broken).toEqual(['budget']);
    expect(frames).toEqual([second]);
  });

  it('says whether the stream ended within a picture, and begins again', () => {
    splitter.push(pictures[0]!.subarray(0, 30));
    expect(splitter.reset()).toBe(true);
    splitter.push(pictures[1]!);

    expect(frames).toEqual([pictures[1]]);
    expect(splitter.reset()).toBe(false);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
        for (const chunk of chunks) splitter.push(Buffer.from(chunk));
        splitter.reset();
        frames = [];
        splitter.push(pictures[0]!);
        expect(frames).toEqual([pictures[0]]);
      }),
    );
  });
});
