import { deepEqual, ok } from 'node:assert';
import type { FuzzTarget } from '../../../../testing/fuzz/fuzz-target.ts';
import { FragmentSplitter } from '../../clips/fragment-splitter.ts';
import { FfmpegReport } from './ffmpeg-report.ts';
import { readRequest } from './hosts/proxy-request.ts';
import { JpegSplitter } from './jpeg-splitter.ts';

const JPEG = Buffer.from('ffd8ffe000044a46ffda0003010102ff00aaffd0bbffd9', 'hex');
const MP4 = Buffer.from('00000008667479700000000c6d6f6f7661626364000000086d6f6f66000000096d64617478', 'hex');
const REPORT = [
  "Input #0, rtsp, from 'rtsp://a/b':",
  '  Stream #0:0: Video: h264 (High), yuv420p(tv, bt709, progressive), 160x120, 25 fps',
  "Output #0, rawvideo, to 'pipe:1':",
  '  Stream #0:0: Video: rawvideo (I420 / 0x30323449), yuv420p(tv), 160x120, q=2-31',
  '[rtsp @ 0x55] [info] Status 302: Redirecting to rtsp://b/c',
  '[graph 0 input from stream 0:0 @ 0x55] [verbose] w:160 h:120 pixfmt:yuv420p tb:1/90000',
].join('\n');
const PROXY = 'CONNECT camera:443 HTTP/1.1\r\nHost: camera\r\n\r\n';
const MAX_BYTES = 1_000;

const target: FuzzTarget = {
  about: 'what ffmpeg writes of a hostile camera: JPEG, MP4, words about the stream; and its requests to the proxy',
  dictionary: [
    '\xff\xd8',
    '\xff\xd9',
    'moov',
    'moof',
    'mdat',
    'Video: ',
    'Redirecting to ',
    '[info] ',
    ' HTTP/1.1\r\n\r\n',
    'http://',
  ],
  seeds: () =>
    [JPEG, Buffer.concat([JPEG, JPEG]), MP4, Buffer.from(REPORT), Buffer.from(PROXY)].map((one) =>
      Uint8Array.from(one),
    ),
  run(bytes) {
    const whole = Buffer.from(bytes);
    const half = whole.length >> 1;
    const pieces = [whole.subarray(0, half), whole.subarray(half)];
    deepEqual(picturesIn([whole]), picturesIn(pieces), 'pictures depend on how their bytes come');
    deepEqual(fragmentsIn([whole]), fragmentsIn(pieces), 'fragments depend on how their bytes come');

    const report = new FfmpegReport();
    for (const line of whole.toString().split('\n')) report.push(line);
    ok(report.said.length <= 2_000, 'what it says grows without an end');
    const { layout } = report;
    if (layout) ok(Number.isSafeInteger(layout.width * layout.height), `a frame is ${layout.width}×${layout.height}`);

    const request = readRequest(whole);
    if (request) ok(request.port >= 1 && request.port <= 65_535, `the port is ${request.port}`);
  },
};
export default target;

function picturesIn(pieces: readonly Buffer[]): unknown {
  const found: string[] = [];
  const splitter = new JpegSplitter({
    maxBytes: () => MAX_BYTES,
    onFrame: (jpeg) => {
      ok(jpeg.length <= MAX_BYTES, `a picture has ${jpeg.length} bytes`);
      found.push(jpeg.toString('base64'));
    },
    onBroken: (reason) => found.push(reason),
  });
  for (const piece of pieces) splitter.push(piece);
  return [...found, splitter.reset()];
}

function fragmentsIn(pieces: readonly Buffer[]): unknown {
  const found: string[] = [];
  const splitter = new FragmentSplitter(MAX_BYTES, {
    onStart: (head) => found.push(`head ${head.toString('base64')}`),
    onFragment: (fragment) => found.push(fragment.toString('base64')),
    onBroken: (reason) => found.push(reason),
  });
  for (const piece of pieces) splitter.push(piece);
  return found;
}
