import process from 'node:process';
import { quantile } from '#packages/foundation';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { wholeNumber } from '../whole-number.ts';

export const edgeManagerBenchmark: CommandSpec<{ readonly requests: string }> = {
  usage: 'edge-manager',
  summary: "what the agent adds around a model for Edge Manager's clients, beside a bare gRPC server",
  options: (command) => command.option('--requests <number>', 'requests of each kind, in turn', '300'),
  run: async ({ options, out, signal }) => {
    const requests = wholeNumber('requests', options.requests);
    const { measureAroundTheModel, TENSOR_BYTES } = await import('./around-the-model.ts');

    out.line(`${TENSOR_BYTES} bytes per request, ${requests} requests each, Node ${process.version}`);
    for (const { name, waits, overheads } of await measureAroundTheModel(requests, signal)) {
      const figures = {
        clientP50Ms: quantile(waits, 0.5),
        aroundModelP50Ms: quantile(overheads, 0.5),
        aroundModelP99Ms: quantile(overheads, 0.99),
      };
      out.json({ name, requests, ...figures });
      const [client, p50, p99] = Object.values(figures).map((ms) => ms.toFixed(2));
      out.line(`${name.padEnd(42)} client p50 ${client} ms, around the model p50 ${p50} ms, p99 ${p99} ms`);
    }
  },
};
