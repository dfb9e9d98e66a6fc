import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { beltVideo } from '../../../testing/app/looping-video.ts';
import { ffmpeg as runFfmpeg } from '../../../testing/app/ffmpeg.ts';
import { freePort } from '../../../testing/process/free-port.ts';
import { startRtspServer } from '../../../testing/app/rtsp-server.ts';
import { startOnvifDevice } from '../../../testing/camera/onvif-device.ts';
import type { OnvifDevice } from '../../../testing/camera/onvif-device.ts';
import { SAMPLES } from '../../../testing/device/samples.ts';
import { needs } from '../../../testing/outside-data/needs.ts';
import { ffmpeg, rtspServer } from '../../../testing/outside-data/programs.ts';
import { errorOf, runHere } from '../../../testing/package/in-process.ts';
import { LABELS, tarOf, colorModel, colorPackage } from '../../../testing/package/training-output.ts';
import { projectPaths } from '../../bundle/project.ts';

const DETECTOR = path.join(projectPaths.models, 'PartsDetector');
const CLASSIFIER = path.join(projectPaths.models, 'PartsClassifier');

let folder: string;
let file: string;
let photos: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-try-'));
  file = path.join(folder, 'edgeml.yaml');
  photos = path.join(folder, 'photos');
  await mkdir(photos);
  await copyFile(path.join(SAMPLES, 'belt-01.jpg'), path.join(photos, 'belt-01.jpg'));
  // The model alone, as a training run leaves it.
  await copyFile(path.join(DETECTOR, 'model.onnx'), path.join(folder, 'belt.onnx'));
  await copyFile(path.join(DETECTOR, 'labels.txt'), path.join(folder, 'parts.txt'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
const tryIt = (model: string, ...words: readonly string[]) => runHere(['try', model, '--file', file, ...words]);
const tryBelt = (...words: readonly string[]) => tryIt(at('belt.onnx'), '--labels', at('parts.txt'), ...words);
const written = async (): Promise<Written> => parse(await readFile(file, 'utf8')) as Written;

interface Written {
  readonly models: Readonly<Record<string, { readonly source: string; readonly manifest?: Record<string, unknown> }>>;
  readonly sources: Readonly<Record<string, Record<string, unknown>>>;
}

describe('edgeml try', () => {
  it('answers an image of a folder, says what it guessed, and writes edgeml.yaml', async () => {
    const { code, stdout } = await tryBelt('--source', photos);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^belt {2}0\.7 MB, object-detection \(ssd\), 512×512, 8 labels$/m);
    expect(stdout).toMatch(/^check {2}input\.mean, input\.std: assumed/m);
    expect(stdout).toMatch(/^ {2}bracket +0\.9\d+ {2}\[0\.\d+, /m);
    expect(stdout).toMatch(/^Next +npm start$/m);
    const picture = /Drawn +(\S+)/.exec(stdout)![1]!;
    expect((await stat(picture)).size).toBeGreaterThan(10_000);
    const { models, sources } = await written();
    expect(models['belt']).toMatchObject({
      source: 'belt.onnx',
      labels: 'parts.txt',
      version: '1.0.0',
      manifest: { task: 'object-detection', input: { width: 512 }, output: { decoder: 'ssd', scores: 'scores' } },
    });
    expect(sources).toEqual({ photos: { Type: 'folder', Path: 'photos', Services: ['belt'] } });
  });

  it('leaves the model packaged, so that what follows has nothing to do', async () => {
    await tryBelt('--source', photos);
    const { stderr, json } = await runHere(['config', 'print', file, '--json']);
    expect(stderr).toBe('');
    expect(json[0]).toMatchObject({ components: { 'edgeml.model.belt': { componentVersion: '1.0.0' } } });
    const packaged = JSON.parse(await readFile(at('.edgeml/models/packages/belt-1.0.0/model.json'), 'utf8')) as object;
    expect(packaged).toMatchObject({ $schema: 'urn:edgeml:schema:model', name: 'belt' });
  });

  it('adds to a file that is there: models, sources, and services to a source that it has', async () => {
    await tryBelt('--source', photos);
    await tryIt(
      path.join(CLASSIFIER, 'model.onnx'),
      '--name',
      'Parts',
      '--source',
      photos,
      '--source',
      at('photos/belt-01.jpg'),
    );
    const { models, sources } = await written();
    expect(Object.keys(models)).toEqual(['belt', 'Parts']);
    expect(sources).toEqual({
      photos: { Type: 'folder', Path: 'photos', Services: ['belt', 'Parts'] },
      'belt-01': { Type: 'folder', Path: 'photos', ImageName: 'belt-01.jpg', Services: ['Parts'] },
    });
  });

  it('takes a package as it is: a folder or an archive, under its own name', async () => {
    expect(await tryIt(DETECTOR, '--source', photos)).toMatchObject({ code: 0 });
    await writeFile(at('colors.tar.gz'), await tarOf(colorPackage()));
    const { code, json } = await tryIt(at('colors.tar.gz'), '--source', photos, '--json');
    expect(code).toBe(0);
    expect(json[0]).toMatchObject({
      model: 'Colors',
      labels: 3,
      sources: [{ source: 'photos', predictions: [{}, {}, {}] }],
    });
    const { models } = await written();
    expect(models['PartsDetector']).toEqual({ source: DETECTOR });
    expect(models['Colors']).toEqual({ source: 'colors.tar.gz' });
  });
});

describe('edgeml try with a video', await needs(ffmpeg), () => {
  it('answers its first frame, and plays it again and again from then on', async () => {
    const video = await beltVideo(folder, 3);
    const { code, stdout } = await tryBelt('--source', video);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^belt {2}belt\.avi {2}640×480/m);
    const { sources } = await written();
    expect(sources['belt']).toEqual({
      Type: 'stream',
      Url: 'belt.avi',
      FramesPerSecond: 5,
      Loop: true,
      Services: ['belt'],
    });
  });

  it('says that a camera does not answer, at which address, and hides its password', async () => {
    const port = await freePort();
    const result = await tryBelt('--source', `rtsp://user:secret@127.0.0.1:${port}/live`, '--json');
    expect(result.code).toBe(1);
    expect(errorOf(result)).toMatchObject({
      code: 'source.stream-failed',
      message: expect.stringMatching(
        `^stream rtsp://\\*\\*\\*@127\\.0\\.0\\.1:${port}/live of source camera .*refused`,
      ) as string,
    });
    expect(result.stderr + result.stdout).not.toContain('secret');
  });
});

describe('edgeml try with an RTSP camera', await needs(ffmpeg, rtspServer), () => {
  it('answers its first frame, and keeps its password out of edgeml.yaml', async () => {
    const video = await beltVideo(folder, 100);
    const mp4 = at('belt.mp4');
    await runFfmpeg('-i', video, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '5', mp4);
    const login = { username: 'viewer', password: 'p@ss:1' };
    const server = await startRtspServer(mp4, login, 'digest');
    let onvif: OnvifDevice | undefined;
    try {
      const { code, stdout, stderr } = await tryBelt('--source', server.url.replace('//', '//viewer:p%40ss%3A1@'));
      expect({ code, stderr }, stderr).toMatchObject({ code: 0 });
      expect(stdout).toMatch(/^camera {2}rtsp:\/\/\*\*\*@127\.0\.0\.1:\d+\/live {2}640×480/m);
      expect(stdout).toMatch(/^ {2}[a-z-]+ +0\.\d+ {2}\[/m);
      const { sources } = await written();
      expect(sources['camera']).toEqual({
        Type: 'stream',
        Url: server.url,
        FramesPerSecond: 5,
        Services: ['belt'],
        Credentials: { File: '.edgeml/credentials/camera.json' },
      });
      const kept = at('.edgeml/credentials/camera.json');
      expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual(login);
      expect((await stat(kept)).mode & 0o777).toBe(0o600);
      // Over ONVIF the camera tells that address itself, so it is the same source.
      onvif = await startOnvifDevice({ streamUri: server.url, login, clockAheadMs: 60_000 });
      const again = await tryBelt('--source', `onvif://viewer:p%40ss%3A1@${onvif.host}`);
      expect(again, again.stderr).toMatchObject({ code: 0 });
      expect((await written()).sources).toEqual(sources);
    } finally {
      await onvif?.stop();
      await server.stop();
    }
  });
});

describe('edgeml try over HTTP', () => {
  let server: Server;
  let base: string;
  const served = new Map<string, readonly [type: string, body: Uint8Array]>();

  beforeAll(async () => {
    server = createServer((request, response) => {
      const [type, body] = served.get(request.url ?? '') ?? [];
      if (body) response.writeHead(200, { 'content-type': type }).end(body);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    served.set('/picture.jpg', ['image/jpeg', await readFile(path.join(SAMPLES, 'belt-01.jpg'))]);
    served.set('/models/colors.onnx', ['application/octet-stream', colorModel()]);
  });
  afterAll(() => server.close());

  const hash = createHash('sha256').update(colorModel()).digest('hex');

  it('asks a camera for snapshots', async () => {
    expect(await tryBelt('--source', `${base}/picture.jpg`)).toMatchObject({ code: 0 });
    const { sources } = await written();
    expect(sources['camera']).toMatchObject({ Type: 'http', Url: `${base}/picture.jpg`, Mode: 'interval' });
  });

  it('fetches a model whose hash is given, and nothing else', async () => {
    const words = ['--source', photos];
    const missing = await tryIt(`${base}/models/colors.onnx`, ...words, '--json');
    expect(errorOf(missing).code).toBe('package-source.hash-missing');
    const wrong = await tryIt(`${base}/models/colors.onnx`, ...words, '--sha256', 'a'.repeat(64), '--json');
    expect(errorOf(wrong)).toMatchObject({
      code: 'package-source.wrong-hash',
      message: `${base}/models/colors.onnx has the SHA-256 ${hash}, not ${'a'.repeat(64)}`,
    });
    const gone = await tryIt(`${base}/models/none.onnx`, ...words, '--sha256', hash, '--json');
    expect(errorOf(gone)).toMatchObject({ code: 'package-source.not-found' });
    expect(await tryIt(`${base}/models/colors.onnx`, ...words, '--sha256', hash)).toMatchObject({ code: 0 });
    expect((await written()).models['colors']).toMatchObject({ source: `${base}/models/colors.onnx`, sha256: hash });
  });
});

describe('edgeml try says what is wrong, and writes nothing', () => {
  afterEach(async () => {
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['a model that is not there', ['none.onnx', '--source', 'photos'], 'package-source.not-found', /none\.onnx/],
    ['a file that is not a model', ['parts.txt', '--source', 'photos'], 'model.unreadable', /parts\.txt/],
    ['a source that is not there', ['belt.onnx', '--source', 'pictures'], 'try.no-source', /pictures/],
    ['a folder without images', ['belt.onnx', '--source', 'empty'], 'source.no-image', /no jpeg.* in empty/],
    [
      'fewer labels than classes',
      ['belt.onnx', '--labels', 'few.txt', '--source', 'photos'],
      'try.labels',
      /few\.txt has 3 labels, but belt\.onnx tells 8/,
    ],
    [
      'more labels than classes',
      ['belt.onnx', '--labels', 'many.txt', '--source', 'photos'],
      'try.labels',
      /many\.txt has 90 labels, but belt\.onnx tells 8/,
    ],
    [
      'a labels file that is not there',
      ['belt.onnx', '--labels', 'none.txt', '--source', 'photos'],
      'packaging.file-unreadable',
      /none\.txt/,
    ],
    [
      'a name that no component can have',
      ['belt.onnx', '--name', 'my belt', '--source', 'photos'],
      'packaging.name',
      /my belt/,
    ],
  ] as const)('%s', async (_, [model, ...words], code, message) => {
    await mkdir(at('empty'));
    await writeFile(at('few.txt'), LABELS);
    await writeFile(at('many.txt'), 'label\n'.repeat(90));
    const paths = words.map((word) => (word.startsWith('--') || word === 'my belt' ? word : at(word)));
    const result = await tryIt(at(model), ...paths, '--json');
    expect(result.code).toBe(1);
    expect(errorOf(result)).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});
