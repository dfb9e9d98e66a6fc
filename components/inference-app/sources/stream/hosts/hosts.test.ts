import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server as HttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ffmpeg as runFfmpeg, TEST_PICTURE } from '../../../../../testing/app/ffmpeg.ts';
import { RecordingSink } from '../../../../../testing/app/recording-sink.ts';
import { sourceOptions } from '../../../../../testing/app/source-options.ts';
import { needs } from '../../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../../testing/outside-data/programs.ts';
import { FfmpegPlayer } from '../ffmpeg-player.ts';
import { StreamSource } from '../stream-source.ts';

/** `127.0.0.1` is the camera; `localhost` is another host of its network, which trusts this device. */
describe('a camera that leads elsewhere', await needs(ffmpeg), () => {
  let segment: Buffer;
  let camera: string;
  let inner: string;
  let innerPort: number;
  /** The requests to the other host. */
  const asked: string[] = [];
  const servers: (Server | HttpServer)[] = [];
  const ended = new AbortController();

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeml-hosts-'));
    const file = join(folder, 'part.ts');
    await runFfmpeg('-f', 'lavfi', '-i', TEST_PICTURE, '-frames:v', '200', '-c:v', 'libx264', '-g', '5', file);
    segment = await readFile(file);
    await rm(folder, { recursive: true });
    innerPort = await serve((request, response) => {
      asked.push(request.url!);
      response.end(segment);
    });
    inner = `http://localhost:${innerPort}`;
    camera = `http://127.0.0.1:${await serve((request, response) => {
      const [, path, query = ''] = /^\/([^?]*)\??(.*)/.exec(request.url!)!;
      if (path === 'part.ts') response.end(segment);
      else if (path?.startsWith('moved')) response.writeHead(302, { location: query }).end();
      else if (path === 'live.m3u8') response.end(playlistOf(query));
      else response.writeHead(404).end();
    })}`;
  });
  afterEach(() => void asked.splice(0));
  afterAll(() => {
    ended.abort();
    for (const server of servers) server.close();
  });

  async function serve(listener: RequestListener): Promise<number> {
    return listen(createHttpServer(listener));
  }

  async function listen(server: Server | HttpServer): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Plays to the end, and tells how many frames came. */
  async function play(settings: object): Promise<number> {
    const sink = new RecordingSink();
    const options = sourceOptions({ Mode: 'once', ...settings }, { workFolder: tmpdir() });
    await new StreamSource(options, new FfmpegPlayer(options)).run(sink);
    return sink.frames.length;
  }

  const refusedAt = (Url: string, host: string, settings: object = {}) =>
    expect(play({ Url, ...settings })).rejects.toMatchObject({
      code: 'source.redirect-refused',
      message: expect.stringContaining(`add ${host} to AllowedHosts`) as string,
      facts: { host },
    });

  it('plays what its own host has', async () => {
    expect(await play({ Url: `${camera}/live.m3u8?part.ts` })).toBeGreaterThan(100);
    expect(await play({ Url: `${camera}/moved?/part.ts` })).toBeGreaterThan(100);
  });

  it.each([
    ['a redirect', () => `${camera}/moved?${inner}/secret`],
    ['a redirect with a dot behind the name', () => `${camera}/moved?http://localhost.:${innerPort}/secret`],
    ['a redirect to https', () => `${camera}/moved?https://localhost:${innerPort}/secret`],
    ['a playlist', () => `${camera}/live.m3u8?${inner}/part.ts`],
    ['a redirect in a playlist', () => `${camera}/live.m3u8?${camera}/moved.ts?${inner}/secret`],
  ])('reaches no other host by %s', async (_way, url) => {
    const host = url().includes('localhost.') ? 'localhost.' : 'localhost';
    await refusedAt(url(), host);
    expect(asked).toEqual([]);
  });

  it.each([
    ['tcp', (port: number) => `tcp://localhost:${port}`],
    ['file', () => 'file:///etc/passwd'],
  ])('opens nothing by %s in a playlist', async (_protocol, url) => {
    let connections = 0;
    const port = await listen(createServer(() => connections++));
    await expect(play({ Url: `${camera}/live.m3u8?${url(port)}` })).rejects.toMatchObject({
      code: 'source.stream-failed',
    });
    expect(connections).toBe(0);
  });

  it('reaches the hosts of AllowedHosts', async () => {
    const AllowedHosts = ['localhost'];
    expect(await play({ Url: `${camera}/live.m3u8?${inner}/part.ts`, AllowedHosts })).toBeGreaterThan(100);
    expect(await play({ Url: `${camera}/moved?${inner}/part.ts`, AllowedHosts })).toBeGreaterThan(100);
    expect(new Set(asked)).toEqual(new Set(['/part.ts']));
  });

  it('is left at a redirect of RTSP', async () => {
    const said: string[] = [];
    // Until then the other host lets ffmpeg wait, and the watchdog does too: nothing but what ffmpeg says can end it.
    let answers = false;
    const rtsp = await listen(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes) => {
          const request = bytes.toString('latin1');
          said.push(request);
          const [, sequence] = /CSeq: (\d+)/.exec(request)!;
          const status = request.startsWith('OPTIONS') ? '200 OK' : '404 Not found';
          if (answers) socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n\r\n`);
        });
      }),
    );
    const redirect = `RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://localhost:${rtsp}/live\r\n\r\n`;
    const hostile = await listen(
      createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.write(redirect))),
    );
    await refusedAt(`rtsp://127.0.0.1:${hostile}/live`, 'localhost', { NoFrameSeconds: 3_600 });
    answers = true;
    const allowed = play({ Url: `rtsp://127.0.0.1:${hostile}/live`, AllowedHosts: ['localhost'] });
    await expect(allowed).rejects.toMatchObject({ code: 'source.stream-failed' });
    expect(said.join('')).toContain(`DESCRIBE rtsp://localhost:${rtsp}/live`);
  });
});

function playlistOf(part: string): string {
  return `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n${part}\n#EXT-X-ENDLIST\n`;
}
