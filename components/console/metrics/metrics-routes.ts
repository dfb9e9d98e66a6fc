import { PROCESS_METRICS, processCounts } from '#packages/foundation';
import { METRICS_TYPE } from '#packages/http';
import type { Route } from '#packages/http';
import { COMPONENT } from '../config.ts';
import type { Device } from '../device/device.ts';
import type { PeerLink } from '../device/peer-link.ts';
import { mergeMetrics } from './merge-metrics.ts';
import type { ComponentMetrics } from './merge-metrics.ts';

export const METRICS = '/metrics';

/**
 * One page of metrics for the device, because Prometheus does not scrape Unix sockets. A component that does not answer costs its own
 * metrics only; `edgeml_component_up` is 0 for it.
 */
export function metricsRoutes({ agent, app, feedback }: Pick<Device, 'agent' | 'app' | 'feedback'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: METRICS,
      api: {
        summary: 'Gives the metrics of all components on the device.',
        answers: { 200: { is: 'Text for Prometheus.', content: { [METRICS_TYPE]: 'text' } } },
      },
      handle: async (_request, response) => {
        const parts = await Promise.all([agent, app, feedback].map(metricsOf));
        response.writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' });
        response.end(mergeMetrics([...parts, ownMetrics()]));
      },
    },
  ];
}

/** Of the console itself; nothing if the system does not tell. */
function ownMetrics(): ComponentMetrics {
  const counts = processCounts();
  const lines = counts
    ? PROCESS_METRICS.flatMap(({ name, help, key }) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} gauge`,
        `${name} ${counts[key]}`,
      ])
    : [];
  return { component: COMPONENT, text: lines.join('\n') };
}

async function metricsOf(link: PeerLink): Promise<ComponentMetrics> {
  const text = await link.bytes(METRICS).then(
    ({ body }) => Buffer.from(body).toString(),
    () => undefined,
  );
  const up = [
    '# HELP edgeml_component_up Whether the component answers the console.',
    '# TYPE edgeml_component_up gauge',
    `edgeml_component_up ${Number(text !== undefined)}`,
  ];
  return { component: link.component, text: [...up, '', text ?? ''].join('\n') };
}
