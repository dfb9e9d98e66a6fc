import { deepStrictEqual } from 'node:assert';
import { crc32 } from 'node:zlib';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../../testing/fuzz/fuzz-target.ts';
import { encodeFrame, FRAME_TYPE } from './frame.ts';
import { FrameReader } from './frame-reader.ts';

/** The first byte says how the rest is taken: its checksums made right or not, and where the stream is cut. */
const target: FuzzTarget = {
  about: 'frames of Greengrass IPC, from a nucleus or a component',
  dictionary: [':message-type', ':message-flags', ':stream-id', ':content-type', '\x04\0\0\0\x01', '\x07\0\x04'],
  seeds: () => [
    Buffer.concat([Buffer.from([1]), encodeFrame({ type: FRAME_TYPE.connect, headers: { ':version': '0.1.0' } })]),
    Buffer.concat([Buffer.from([8]), encodeFrame({ streamId: 1, payload: '{"topic":"a"}' }), encodeFrame({})]),
  ],
  run(bytes) {
    const [way = 0, ...rest] = bytes;
    const stream = Buffer.from(rest);
    if (way & 1) mendChecksums(stream);
    const frames = unlessRefused(() => framesOf([stream]));
    // Wherever the stream is cut, the same frames come.
    const cut = Math.min(stream.length, way >> 1);
    deepStrictEqual(
      unlessRefused(() => framesOf([stream.subarray(0, cut), stream.subarray(cut)])),
      frames,
    );
    for (const frame of frames ?? []) deepStrictEqual(framesOf([encodeFrame(frame)]), [frame]);
  },
};
export default target;

function framesOf(chunks: readonly Uint8Array[]): readonly object[] {
  const reader = new FrameReader(1_000_000);
  return chunks.flatMap((chunk) => [...reader.push(chunk)]).map((frame) => ({ ...frame, payload: [...frame.payload] }));
}

/** So that damage reaches what lies behind the checksums. */
function mendChecksums(stream: Buffer): void {
  for (let at = 0; at + 16 <= stream.length;) {
    const length = stream.readUInt32BE(at);
    stream.writeUInt32BE(crc32(stream.subarray(at, at + 8)), at + 8);
    if (length < 16 || at + length > stream.length) return;
    const end = at + length - 4;
    stream.writeUInt32BE(crc32(stream.subarray(at, end)), end);
    at += length;
  }
}
