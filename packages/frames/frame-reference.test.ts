import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, patternOf } from '../../testing/frames/frame-pattern.ts';
import { FRAME_BODY_HEADER, isFrameBody, readFrameBody, writeFrameBodyHeader } from './frame-body.ts';
import { frameBytes } from './frame-layout.ts';
import { readFrameReference } from './frame-reference.ts';

const good = { ...layoutOf(64, 48), ring: 'a'.repeat(32), slot: 0, sequence: 1, takenAt: 1 };
const size = fc.integer({ min: 1, max: 40 });
const format = fc.constantFrom('yuv420p', 'nv12', 'bgr24', 'rgb24', 'gray');

describe('readFrameReference', () => {
  it('takes references as they are made', () => {
    expect(readFrameReference(structuredClone(good))).toEqual(good);
  });

  it.each([
    ['no object', 7],
    ['a path in place of an id', { ...good, ring: '../../etc/passwd' }],
    ['a slot before the first', { ...good, slot: -1 }],
    ['no sequence', { ...good, sequence: 0 }],
    ['a picture of no size', { ...good, width: 0 }],
    ['an unknown format', { ...good, format: 'yuv444p' }],
    ['rows longer than their strides', { ...good, strides: [32, 32, 32] }],
    ['too few strides', { ...good, strides: [64] }],
  ])('refuses %s', (_what, value) => {
    expect(() => readFrameReference(value)).toThrow(
      expect.objectContaining({ code: 'frames.reference-invalid', status: 400 }),
    );
  });

  it('throws its own error for whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => readFrameReference(value)).toThrow(expect.objectContaining({ code: 'frames.reference-invalid' }));
      }),
    );
  });
});

describe('a frame as the body of a request', () => {
  it('is read as it was written, in every format', () => {
    fc.assert(
      fc.property(size, size, format, fc.nat(255), (width, height, kind, number) => {
        const layout = layoutOf(width, height, kind);
        const body = Buffer.alloc(FRAME_BODY_HEADER + frameBytes(layout));
        writeFrameBodyHeader(body, layout);
        patternOf(layout, number).copy(body, FRAME_BODY_HEADER);
        expect(isFrameBody(body)).toBe(true);
        const { data, ...read } = readFrameBody(body);
        expect(read).toEqual(layout);
        expect(patternOf(layout, number).equals(data)).toBe(true);
        expect(() => readFrameBody(body.subarray(0, -1))).toThrow(
          expect.objectContaining({ code: 'frames.reference-invalid' }),
        );
      }),
    );
  });

  it('is told from pictures', () => {
    expect(isFrameBody(Buffer.from([0xff, 0xd8]))).toBe(false);
    expect(isFrameBody(Buffer.alloc(FRAME_BODY_HEADER, 'x'))).toBe(false);
  });

  it.each([
    { width: 0 },
    { height: 16_385 },
    { format: 'cmyk' },
    { strides: [] },
    { strides: [8.5] },
    { strides: [2] },
    { matrix: 'srgb' },
    { range: null },
  ])('is refused with %o in its layout', (wrong) => {
    const layout = { width: 8, height: 4, format: 'gray', strides: [8], matrix: 'bt601', range: 'full', ...wrong };
    const body = Buffer.alloc(FRAME_BODY_HEADER + 32, ' ');
    body.write(`EDGEML-FRAME-1\n${JSON.stringify(layout)}`);
    expect(() => readFrameBody(body)).toThrow(expect.objectContaining({ code: 'frames.reference-invalid' }));
  });
});
