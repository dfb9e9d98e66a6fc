import { ok } from 'node:assert';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { FRAME_BODY_HEADER, isFrameBody, readFrameBody, writeFrameBodyHeader } from './frame-body.ts';
import { frameBytes, planesOf, tightStrides } from './frame-layout.ts';
import { readFrameReference } from './frame-reference.ts';

const LAYOUT = { width: 4, height: 2, format: 'yuv420p', matrix: 'bt601', range: 'limited' } as const;
const REFERENCE = { ...LAYOUT, ring: 'a'.repeat(32), slot: 0, sequence: 1, takenAt: 0, strides: [4, 2, 2] };

const target: FuzzTarget = {
  about: 'raw frames in bodies, and references to frames, from any client',
  dictionary: ['nv12', 'bgr24', 'gray', '"strides":[', '16384', 'bt2020', 'full'],
  seeds() {
    const layout = { ...LAYOUT, strides: tightStrides(LAYOUT.format, LAYOUT.width) };
    const body = Buffer.alloc(FRAME_BODY_HEADER + frameBytes(layout));
    writeFrameBodyHeader(body, layout);
    return [body, Buffer.from(JSON.stringify(REFERENCE))];
  },
  run(bytes) {
    if (isFrameBody(bytes)) {
      const frame = unlessRefused(() => readFrameBody(bytes));
      for (const plane of frame ? planesOf(frame) : []) {
        const last = plane.offset + (plane.rows - 1) * plane.stride + plane.columns;
        ok(last <= frame!.data.length, `a plane ends at ${last} of ${frame!.data.length} bytes`);
      }
    }
    const value = jsonOf(bytes);
    if (value !== undefined) unlessRefused(() => readFrameReference(value));
  },
};
export default target;

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
