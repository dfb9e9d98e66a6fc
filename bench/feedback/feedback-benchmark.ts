import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { wholeNumber } from '../whole-number.ts';

export const feedbackBenchmark: CommandSpec<{ readonly images: string }> = {
  usage: 'feedback',
  summary: 'what feedback costs the application: results with and without it, in turns',
  options: (command) => command.option('--images <number>', 'images on each side, in blocks of 25', '400'),
  run: async ({ options, out, signal }) => {
    const images = wholeNumber('images', options.images);
    const { measureFeedbackLatency } = await import('./feedback-latency.ts');

    const report = await measureFeedbackLatency(images, signal);
    out.json(report);
    if (out.isJson) return;
    const rows = [
      ...(['off', 'on'] as const).map((side) => [side, `${report[side].p50Ms} ms`, `${report[side].p99Ms} ms`]),
      ['on / off', String(report.p50Ratio), String(report.p99Ratio)],
    ];
    for (const line of table(['FEEDBACK', 'P50', 'P99'], rows)) out.line(line);
  },
};
