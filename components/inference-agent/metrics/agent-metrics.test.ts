import { expect, it } from 'vitest';
import type { ModelStatus } from '#packages/http';
import { AgentMetrics } from './agent-metrics.ts';

const MODEL: ModelStatus = {
  alias: 'Parts',
  name: 'Parts',
  version: '1.0.0',
  generation: 1,
  hash: 'a'.repeat(64),
  state: 'active',
  task: 'object-detection',
  provider: 'webgpu',
  requestedProviders: ['webgpu', 'cpu'],
  fallbacks: [],
  variant: 'model.onnx',
  workers: 1,
  inFlight: 0,
  activatedAt: '2026-11-27T14:00:00.000Z',
};

it('tells how much of a model each execution provider runs, and how long it takes', async () => {
  const shares = { webgpu: { nodes: 60, runMs: 4 }, cpu: { nodes: 3 } };
  const metrics = new AgentMetrics();
  metrics.readFrom({
    models: () => [
      { ...MODEL, shares },
      { ...MODEL, alias: 'OnTheCpu', provider: 'cpu' },
    ],
    drifts: () => [],
    challengers: () => [],
    depths: () => new Map(),
    bufferedBytes: () => 0,
    frameBytes: () => 0,
    isKnown: () => true,
  });
  const lines = (await metrics.text())
    .split('\n')
    .filter((line) => /^edgeml_model_(nodes|provider_seconds)\{/.test(line));
  expect(lines).toEqual([
    'edgeml_model_nodes{alias="Parts",version="1.0.0",provider="webgpu"} 60',
    'edgeml_model_nodes{alias="Parts",version="1.0.0",provider="cpu"} 3',
    'edgeml_model_provider_seconds{alias="Parts",version="1.0.0",provider="webgpu"} 0.004',
  ]);
});
