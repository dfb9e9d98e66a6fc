import { quantile } from '#packages/foundation';
import type { AgentClient, InvokeResult } from '#packages/http';
import { startBareHttp } from './bare-http.ts';

export interface OverheadFigures {
  readonly service: string;
  /** Of each kind. */
  readonly requests: number;
  readonly imageBytes: number;
  /** The image in the body of the request. */
  readonly sent: Overhead;
  /** The path of the image in the body. */
  readonly named: Overhead;
}

export interface Overhead {
  /** What a client waits in all. */
  readonly clientP50Ms: number;
  readonly clientP99Ms: number;
  /** Decode, preprocess, run and postprocess, as the agent reports them. */
  readonly modelP50Ms: number;
  /** The rest: HTTP, queue, hand-over between processes. */
  readonly overheadP50Ms: number;
  readonly overheadP99Ms: number;
  /** The same bytes to a bare HTTP server that hands over to a process which is busy as long, in turn with the agent. */
  readonly bareP50Ms: number;
}

export interface OverheadOptions {
  readonly agent: AgentClient;
  readonly service: string;
  /** An image file below a folder that the agent may read, and its bytes. */
  readonly file: string;
  readonly image: Buffer;
  readonly requests: number;
  /** For the bare server's socket. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Never more requests than are measured. */
const LONGEST_WARM_UP = 100;

/** Asks one request after the other and looks at what the agent adds around the model. */
export async function measureOverhead(options: OverheadOptions): Promise<OverheadFigures> {
  const { agent, service, file, image, requests, signal } = options;
  const sent = await measure(options, image, () => agent.invoke(service, image, { contentType: 'image/jpeg', signal }));
  const name = Buffer.from(JSON.stringify({ path: file }));
  const named = await measure(options, name, () => agent.invokeFile(service, file, { signal }));
  return { service, requests, imageBytes: image.length, sent, named };
}

interface Row {
  readonly client: number;
  readonly model: number;
  readonly bare: number;
}

async function measure(
  { requests, folder, service, signal }: OverheadOptions,
  body: Uint8Array,
  ask: () => Promise<InvokeResult>,
): Promise<Overhead> {
  const bare = await startBareHttp(folder, `bare-${service}-${body.length}`, signal);
  try {
    const rows: Row[] = [];
    for (let n = -Math.min(requests, LONGEST_WARM_UP); n < requests; n++) {
      const startedAt = performance.now();
      const { timings } = await ask();
      const client = performance.now() - startedAt;
      const model = timings.decodeMs + timings.preprocessMs + timings.runMs + timings.postprocessMs;
      const row = { client, model, bare: await bare.ask(body, Math.round(model), signal) };
      if (n >= 0) rows.push(row);
    }
    return figuresOf(rows);
  } finally {
    await bare.close();
  }
}

function figuresOf(rows: readonly Row[]): Overhead {
  const of = (value: (row: Row) => number, part: number): number => quantile(rows.map(value), part);
  const overhead = ({ client, model }: Row): number => client - model;
  return {
    clientP50Ms: of(({ client }) => client, 0.5),
    clientP99Ms: of(({ client }) => client, 0.99),
    modelP50Ms: of(({ model }) => model, 0.5),
    overheadP50Ms: of(overhead, 0.5),
    overheadP99Ms: of(overhead, 0.99),
    bareP50Ms: of(({ bare }) => bare, 0.5),
  };
}
