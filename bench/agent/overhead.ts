import { quantile } from '#packages/foundation';
import type { AgentClient } from '#packages/http';

export interface OverheadFigures {
  readonly service: string;
  readonly requests: number;
  readonly imageBytes: number;
  /** What a client waits in all. */
  readonly clientP50Ms: number;
  readonly clientP99Ms: number;
  /** Decode, preprocess, run and postprocess, as the agent reports them. */
  readonly modelP50Ms: number;
  /** The rest: HTTP, queue, hand-over between threads. */
  readonly overheadP50Ms: number;
  readonly overheadP99Ms: number;
}

const WARM_UP = 100;

/** Asks one request after the other and looks at what the agent adds around the model. */
export async function measureOverhead(
  agent: AgentClient,
  service: string,
  image: Buffer,
  requests: number,
  signal: AbortSignal,
): Promise<OverheadFigures> {
  const rows: { readonly client: number; readonly model: number }[] = [];
  for (let n = -WARM_UP; n < requests; n++) {
    const startedAt = performance.now();
    const { timings } = await agent.invoke(service, image, { contentType: 'image/jpeg', signal });
    const client = performance.now() - startedAt;
    const model = timings.decodeMs + timings.preprocessMs + timings.runMs + timings.postprocessMs;
    if (n >= 0) rows.push({ client, model });
  }
  const clients = rows.map(({ client }) => client);
  const overheads = rows.map(({ client, model }) => client - model);
  return {
    service,
    requests,
    imageBytes: image.length,
    clientP50Ms: quantile(clients, 0.5),
    clientP99Ms: quantile(clients, 0.99),
    modelP50Ms: quantile(
      rows.map(({ model }) => model),
      0.5,
    ),
    overheadP50Ms: quantile(overheads, 0.5),
    overheadP99Ms: quantile(overheads, 0.99),
  };
}
