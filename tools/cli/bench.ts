import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import { table } from './frame/table.ts';

interface BenchOptions {
  readonly requests: string;
  readonly swaps: string;
  readonly starts: string;
}

export const benchCommand: CommandSpec<BenchOptions> = {
  usage: 'bench',
  summary: 'measure the collection on this machine: overhead, swaps, start-up, memory',
  options: (command) =>
    command
      .option('--requests <number>', 'requests per service, after a warm-up', '500')
      .option('--swaps <number>', 'model swaps under load', '10')
      .option('--starts <number>', 'starts of the agent', '5'),
  help: `
The collection is built, deployed into a local core of its own and measured from outside, as a client sees it.
Overhead is what a client waits beyond decoding, preprocessing, run and postprocessing of a 200 kB JPEG.
Goals stand beside the figures. Other load on the machine shows in them, so only lost requests make the command fail.
Linux only.`,
  run: async ({ options, out, signal }) => {
    const [requests, swaps, starts] = [
      count('requests', options.requests),
      count('swaps', options.swaps),
      count('starts', options.starts),
    ];
    const { runBench } = await import('../../bench/agent/run-bench.ts');
    const { figuresOf } = await import('../../bench/agent/figures.ts');

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

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw cliErrors.error('cli.usage', `--${name} is ${text}; give a whole number above 0`);
}
