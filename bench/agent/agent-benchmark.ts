import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { wholeNumber } from '../whole-number.ts';

interface AgentBenchmarkOptions {
  readonly requests: string;
  readonly swaps: string;
  readonly starts: string;
}

export const agentBenchmark: CommandSpec<AgentBenchmarkOptions> = {
  usage: 'agent',
  summary: 'the whole collection on a local core: overhead, swaps, start-up, memory',
  options: (command) =>
    command
      .option('--requests <number>', 'requests per service, after a warm-up', '500')
      .option('--swaps <number>', 'model swaps under load', '10')
      .option('--starts <number>', 'starts of the agent', '5'),
  help: `
The collection is built, deployed into a local core of its own and measured from outside, as a client sees it.
Overhead is what a client waits beyond decoding, preprocessing, run and postprocessing of a 200 kB JPEG, sent or named: by
messages, as the application asks, and by HTTP, in turn with a bare HTTP server of Node.js. Goals stand beside the figures. Other load on the machine shows in them, so only lost requests make the command fail.
Linux only.`,
  run: async ({ options, out, signal }) => {
    const requests = wholeNumber('requests', options.requests);
    const swaps = wholeNumber('swaps', options.swaps);
    const starts = wholeNumber('starts', options.starts);
    const { runBench } = await import('./run-bench.ts');
    const { figuresOf } = await import('./figures.ts');

    const report = await runBench({ requests, swaps, starts, signal, onProgress: (what) => out.progress(what) });
    out.json(report);
    if (!out.isJson) {
      const { cpu, cores, node } = report.machine;
      out.line(`${cores} cores (${cpu}), command on Node ${node}\n`);
      for (const line of table(['WHAT', 'MEASURED', 'GOAL'], figuresOf(report))) out.line(line);
    }
    if (report.swap.lost > 0) out.note(`${report.swap.lost} requests got no answer while models were swapped`);
    return report.swap.lost === 0 ? 0 : 1;
  },
};
