import { jsonAnswer, readBody, sendJson } from '#packages/http';
import type { KeepRequest, PicturesHead, Route, ShownPicture, SourcesReport } from '#packages/http';
import { appErrors } from '../errors.ts';
import type { LivePicture, LivePictures } from './live-pictures.ts';
import type { ResultHistory } from './result-history.ts';

export interface LiveRoutePorts {
  readonly sources: () => SourcesReport;
  readonly results: ResultHistory;
  readonly pictures: LivePictures;
  /** @throws EdgeError `app.frame-gone`, `app.no-feedback-socket`, `app.no-feedback-config`, those of the feedback uploader */
  readonly keep: (source: string, request: KeepRequest) => Promise<unknown>;
}

/** A viewer hears of a change at once, and asks again after this long. */
const WAIT_MS = 2_000;
const MAX_BODY_BYTES = 4_096;

/** The requests of the console. */
export function liveRoutes({ sources, results, pictures, keep }: LiveRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/sources',
      api: {
        summary: 'Says how the sources of images are.',
        answers: { 200: jsonAnswer('All sources, and the counters of all together.', { type: 'SourcesReport' }) },
      },
      handle: (_request, response) => sendJson(response, 200, sources()),
    },
    {
      method: 'GET',
      path: '/v1/results',
      api: {
        summary: 'Gives the newest results, 200 at most.',
        query: { after: '`next` of the answer before: only what came since.' },
        answers: { 200: jsonAnswer('The results, the oldest first.', { type: 'RecentResults' }) },
      },
      handle: ({ url }, response) => sendJson(response, 200, results.since(Number(query(url).get('after')) || 0)),
    },
    {
      method: 'GET',
      path: '/v1/pictures',
      api: {
        summary: 'Gives the newest picture of sources; waits up to two seconds for one that the caller does not have.',
        query: {
          source: '`NAME~REVISION`, once for each source; the revision is that of the picture that the caller has.',
        },
        answers: {
          200: {
            is: 'One line of JSON, a `PicturesHead`, followed by the bytes of the pictures in its order.',
            content: { 'application/octet-stream': 'bytes' },
          },
        },
      },
      async handle({ url }, response) {
        const known = new Map(query(url).getAll('source').map(sourceAndRevision));
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        const found = await pictures.newest(known, WAIT_MS, gone.signal);
        const parts = found.map((picture) => partOf(picture, known.get(picture.source) ?? ''));
        const head: PicturesHead = { pictures: parts.map(([shown]) => shown) };
        const body = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...parts.map(([, bytes]) => bytes)]);
        response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
        response.end(body);
      },
    },
    {
      method: 'POST',
      path: '/v1/sources/{name}/samples',
      api: {
        summary: 'Keeps a frame that is or was shown in the last seconds.',
        body: { content: { 'application/json': { type: 'KeepRequest' } } },
        answers: { 202: jsonAnswer('The answer of the feedback uploader.', { type: 'FeedbackAnswer' }) },
      },
      handle: async (request, response, name: string) => {
        const body = await readBody(request, MAX_BODY_BYTES, tooLong);
        sendJson(response, 202, await keep(name, readKeep(body.toString('utf8'))));
      },
    },
  ];
}

function query(url = ''): URLSearchParams {
  return new URL(url, 'http://app').searchParams;
}

function sourceAndRevision(word: string): [source: string, revision: string] {
  const [source = '', revision = ''] = word.split('~');
  return [source, revision];
}

/** A viewer that has the frame already needs only the answers that have come since. */
function partOf(live: LivePicture, known: string): [ShownPicture, Uint8Array] {
  const { source, frame, revision, image, takenAt, picture, answers } = live;
  const bytes = known.startsWith(`${frame}-`) ? new Uint8Array() : picture.bytes;
  const shown = {
    source,
    frame,
    revision,
    image,
    takenAt: new Date(takenAt).toISOString(),
    contentType: picture.contentType,
    bytes: bytes.length,
    answers: [...answers.values()],
  };
  return [shown, bytes];
}

function readKeep(text: string): KeepRequest {
  let body: Partial<KeepRequest> | null;
  try {
    body = JSON.parse(text) as Partial<KeepRequest> | null;
  } catch {
    throw badRequest('it is not JSON');
  }
  const { frame, service, label } = body ?? {};
  if (typeof frame !== 'string' || typeof service !== 'string')
    throw badRequest('it needs the texts "frame" and "service"');
  if (label !== undefined && (typeof label !== 'string' || label.length > 200))
    throw badRequest('"label" is a text of up to 200 characters');
  return { frame, service, ...(label ? { label } : {}) };
}

function tooLong(): Error {
  return badRequest(`it is longer than ${MAX_BODY_BYTES} bytes`);
}

function badRequest(why: string): Error {
  return appErrors.error('app.bad-request', `the request cannot be used: ${why}`);
}
