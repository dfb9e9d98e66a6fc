import { jsonAnswer, sendJson } from '#packages/http';
import type { Route, SampleReport, SpoolReport } from '#packages/http';
import { uploaderErrors } from '../errors.ts';
import type { Spool } from '../spool/spool.ts';
import type { StoredSample } from '../spool/stored-sample.ts';

export interface SpoolRoutePorts {
  /** Undefined while the component starts or stops. */
  readonly spool: () => Spool | undefined;
  readonly configurations: () => readonly string[];
}

const SHOWN = 60;

/** Shows samples before they are uploaded. A sample is read only when somebody asks for it. */
export function spoolRoutes({ spool, configurations }: SpoolRoutePorts): readonly Route[] {
  const open = (): Spool => {
    const opened = spool();
    if (opened) return opened;
    throw uploaderErrors.error('feedback.not-ready', 'the spool is not open now');
  };
  const sampleOf = async (id: string): Promise<StoredSample> => {
    const entry = open().waiting(id);
    if (entry) return open().read(entry);
    const message = `no sample ${id} waits: it was uploaded, or had to make room`;
    throw uploaderErrors.error('feedback.no-sample', message, { facts: { id } });
  };
  return [
    {
      method: 'GET',
      path: '/v1/spool',
      api: {
        summary: 'Lists the samples that wait to be uploaded.',
        answers: { 200: jsonAnswer('Numbers of the spool, and its newest samples.', { type: 'SpoolReport' }) },
      },
      handle: (_request, response) => sendJson(response, 200, spoolReport(open(), configurations())),
    },
    {
      method: 'GET',
      path: '/v1/spool/{id}',
      api: {
        summary: 'Describes a sample that waits.',
        answers: { 200: jsonAnswer('The sample without its input.', { type: 'SampleReport' }) },
      },
      handle: async (_request, response, id: string) => {
        const { contentType, acceptedAt, because, metadata, prediction } = (await sampleOf(id)).header;
        const body: SampleReport = {
          id,
          contentType,
          acceptedAt: new Date(acceptedAt).toISOString(),
          because: because ?? '',
          metadata,
          prediction,
        };
        sendJson(response, 200, body);
      },
    },
    {
      method: 'GET',
      path: '/v1/spool/{id}/input',
      api: {
        summary: 'Gives the input of a sample that waits.',
        answers: { 200: { is: 'The input, with the type that it came with.', content: { '*/*': 'bytes' } } },
      },
      async handle(_request, response, id: string) {
        const { header, body } = await sampleOf(id);
        response.writeHead(200, { 'content-type': header.contentType, 'content-length': body.length });
        response.end(body);
      },
    },
  ];
}

function spoolReport(spool: Spool, configurations: readonly string[]): SpoolReport {
  const { samples, bytes, uploaded, evicted } = spool.totals();
  const waiting = spool.newest(SHOWN).map(({ id, configId, bucket, priority, bodyBytes, attempted }) => ({
    id,
    configId,
    bucket,
    priority,
    bytes: bodyBytes,
    attempted,
  }));
  return { samples, bytes, uploaded, evicted, configurations, waiting };
}
