import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { wholeNumber } from '../whole-number.ts';

export const driftBenchmark: CommandSpec<{ readonly images: string }> = {
  usage: 'drift',
  summary: 'what sketches cost the agent for each picture that it answers',
  options: (command) => command.option('--images <number>', 'pictures of each measurement', '20000'),
  run: async ({ options, out, signal }) => {
    const images = wholeNumber('images', options.images);
    const { measureSketches } = await import('./measure-sketches.ts');

    const report = measureSketches(images, signal);
    out.json(report);
    if (out.isJson) return;
    const rows = report.map(({ what, p50Us, p99Us }) => [what, `${p50Us} µs`, `${p99Us} µs`]);
    for (const line of table(['FOR EACH PICTURE', 'P50', 'P99'], rows)) out.line(line);
  },
};
