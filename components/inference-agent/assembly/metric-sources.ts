import type { DriftBook } from '../drift/drift-book.ts';
import type { MetricSources } from '../metrics/agent-metrics.ts';
import type { AgentOptions } from './agent.ts';
import type { Serving } from './serving.ts';

/** The gauges of the agent, and the services that metrics name. */
export function metricSources(
  { configuration, frames }: AgentOptions,
  { registry, admission, challengers, aliasOf }: Serving,
  drift: DriftBook,
): MetricSources {
  return {
    models: () => registry.list(),
    drifts: () => drift.statuses(),
    challengers: () => challengers.challengers.list(),
    depths: () => admission.depths,
    bufferedBytes: () => admission.bufferedBytes,
    frameBytes: () => frames.bytes,
    isKnown: (name) =>
      Object.hasOwn(configuration.current.Services, name) || registry.target(aliasOf(name)) !== undefined,
  };
}
