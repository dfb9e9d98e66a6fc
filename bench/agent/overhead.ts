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

/** The same request asked three times in turn. */
export interface Overhead {
  /** By messages, as the application asks. */
  readonly messages: Asked;
  readonly http: Asked;
  /** The same bytes to a bare HTTP server that hands over to a process which is busy as long. */
  readonly bareP25Ms: number;
  readonly bareP50Ms: number;
}

export interface Asked {
  /** The time that a client waits in all. */
  readonly clientP50Ms: number;
  readonly clientP99Ms: number;
  /** Decode, preprocess, run and postprocess, as the agent reports them. */
  readonly modelP50Ms: number;
  /** The rest: connection, queue, hand-over between processes. */
  readonly overheadP25Ms: number;
  readonly overheadP50Ms: number;
  readonly overheadP99Ms: number;
}

export interface OverheadOptions {
  /** Asks by messages, and by HTTP. */
  readonly agents: Readonly<Record<Way, AgentClient>>;
  readonly service: string;
  /** An image file below a folder that the agent may read, and its bytes. */
  readonly file: string;
  readonly image: Buffer;
  readonly requests: number;
  /** For the bare server's socket. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

type Way = 'messages' | 'http';

/** Never more requests than are measured. */
const LONGEST_WARM_UP = 100;

/** Asks one request after the other and looks at what the agent adds around the model. */
export async function measureOverhead(options: OverheadOptions): Promise<OverheadFigures> {
  const { service, file, image, requests, signal } = options;
  const sent = await measure(options, image, (agent) => {
    return agent.invoke(service, image, { contentType: 'image/jpeg', signal });
  });
  const name = Buffer.from(JSON.stringify({ path: file }));
  const named = await measure(options, name, (agent) => agent.invokeFile(service, file, { signal }));
  return { service, requests, imageBytes: image.length, sent, named };
}

interface Row {
  readonly client: number;
  readonly model: number;
}

async function measure(
  { agents, requests, folder, service, signal }: OverheadOptions,
  body: Uint8Array,
  ask: (agent: AgentClient) => Promise<InvokeResult>,
): Promise<Overhead> {
  const bare = await startBareHttp(folder, `bare-${service}-${body.length}`, signal);
  const askIn = async (way: Way): Promise<Row> => {
    const startedAt = performance.now();
    const { timings } = await ask(agents[way]);
    const client = performance.now() - startedAt;
    return { client, model: timings.decodeMs + timings.preprocessMs + timings.runMs + timings.postprocessMs };
  };
  try {
    const rows: Record<Way | 'bare', Row[]> = { messages: [], http: [], bare: [] };
    for (let n = -Math.min(requests, LONGEST_WARM_UP); n < requests; n++) {
      const [messages, http] = [await askIn('messages'), await askIn('http')];
      const client = await bare.ask(body, Math.round(http.model), signal);
      if (n < 0) continue;
      rows.messages.push(messages);
      rows.http.push(http);
      rows.bare.push({ client, model: 0 });
    }
    const { overheadP25Ms: bareP25Ms, overheadP50Ms: bareP50Ms } = figuresOf(rows.bare);
    return { messages: figuresOf(rows.messages), http: figuresOf(rows.http), bareP25Ms, bareP50Ms };
  } finally {
    await bare.close();
  }
}

function figuresOf(rows: readonly Row[]): Asked {
  const of = (value: (row: Row) => number, part: number): number => quantile(rows.map(value), part);
  const overhead = ({ client, model }: Row): number => client - model;
  return {
    clientP50Ms: of(({ client }) => client, 0.5),
    clientP99Ms: of(({ client }) => client, 0.99),
    modelP50Ms: of(({ model }) => model, 0.5),
    overheadP25Ms: of(overhead, 0.25),
    overheadP50Ms: of(overhead, 0.5),
    overheadP99Ms: of(overhead, 0.99),
  };
}
