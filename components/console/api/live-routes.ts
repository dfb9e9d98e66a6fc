import type { PicturesHead, Route } from '#packages/http';
import type { LiveLine } from '../device/live-line.ts';
import { consoleErrors } from '../errors.ts';
import type { ApiPorts } from './api-ports.ts';

/** Proxies on the way end a silent connection. */
const BEAT_MS = 15_000;
/** A viewer that takes nothing for so many bytes is gone, or too far away. */
const MAX_UNSENT_BYTES = 4_000_000;
const MAX_SOURCES = 64;

/** `GET /api/live`: every change, as NDJSON; `GET /api/pictures`: the newest picture of the sources that the page shows. */
export function liveRoutes({ device, watch, viewers, token, thing, trySocket, clock }: ApiPorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/live',
      api: {
        summary: 'Tells every change of the device for as long as the connection lasts.',
        answers: { 200: { is: 'A line for each change.', content: { 'application/x-ndjson': { type: 'LiveLine' } } } },
      },
      handle(request, response) {
        const mayWrite = token.isIn(request);
        const viewer = viewers.begin(request, mayWrite);
        response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
        const say = (line: LiveLine): void => {
          if (response.writableLength > MAX_UNSENT_BYTES) response.destroy();
          else response.write(`${JSON.stringify(line)}\n`);
        };
        say({ kind: 'console', thing, viewer, mayWrite, mayTry: trySocket !== '' });
        const leave = watch.join(say);
        let cancel = (): void => undefined;
        const beat = (): void => {
          cancel = clock.after(BEAT_MS, () => {
            response.write('\n');
            beat();
          });
        };
        beat();
        response.once('close', () => {
          cancel();
          leave();
          viewers.end(viewer);
        });
      },
    },
    {
      method: 'GET',
      path: '/api/pictures',
      api: {
        summary: 'Gives the newest picture of sources to a page that is open.',
        query: {
          viewer: 'The id that the first line of `/api/live` tells.',
          source: '`NAME~REVISION`, once for each source.',
        },
        answers: {
          200: {
            is: 'One line of JSON, a `PicturesHead`, followed by the bytes of the pictures in its order.',
            content: { 'application/octet-stream': 'bytes' },
          },
        },
      },
      async handle({ url = '' }, response) {
        const query = new URL(url, 'http://console').searchParams;
        const viewer = query.get('viewer') ?? '';
        const sources = query.getAll('source');
        if (!viewers.has(viewer) || sources.length === 0 || sources.length > MAX_SOURCES) {
          const message = `pictures go to a page that is open, and are of 1 to ${MAX_SOURCES} sources`;
          throw consoleErrors.error('console.bad-request', message);
        }
        const gone = new AbortController();
        response.once('close', () => gone.abort(new Error('the viewer has left')));
        const asked = sources.map((source) => `source=${encodeURIComponent(source)}`).join('&');
        const { body } = await device.app.bytes(`/v1/pictures?${asked}`, { signal: gone.signal });
        viewers.saw(viewer, sourcesIn(body));
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': body.length,
          'cache-control': 'no-store',
        });
        response.end(body);
      },
    },
  ];
}

function sourcesIn(body: Buffer): readonly string[] {
  const { pictures } = JSON.parse(body.toString('utf8', 0, body.indexOf('\n'))) as PicturesHead;
  return pictures.flatMap(({ source, bytes }) => (bytes > 0 ? [source] : []));
}
