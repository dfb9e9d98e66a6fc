import { table } from '../../tools/cli/frame/table.ts';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { wholeNumber } from '../whole-number.ts';

interface DecodersOptions {
  readonly package: readonly string[];
  readonly image: readonly string[];
  readonly rounds: string;
}

/** The goal: a decoder may take this much of what its model takes. */
const GOAL = 0.1;

export const decodersBenchmark: CommandSpec<DecodersOptions> = {
  usage: 'decoders',
  summary: 'CPU time of decoders over that of their models, picture by picture',
  options: (command) =>
    command
      .requiredOption('--package <dir...>', 'packages of models that take images')
      .requiredOption('--image <file...>', 'pictures, in turn')
      .option('--rounds <number>', 'how often each picture counts, after two rounds that warm up', '5'),
  run: async ({ options, out, signal }) => {
    const rounds = wholeNumber('rounds', options.rounds);
    const { measureDecoder } = await import('./measure-decoder.ts');
    const report = [];
    for (const dir of options.package) {
      out.progress(dir);
      report.push(await measureDecoder(dir, options.image, rounds, signal));
    }
    out.json(report);
    if (out.isJson) return;
    const rows = report.map(({ model, decoder, runMs, decodeMs, ratio, predictions }) => [
      model,
      decoder,
      `${runMs.toFixed(1)} ms`,
      `${decodeMs.toFixed(2)} ms`,
      `${(100 * ratio).toFixed(1)} %${ratio > GOAL ? '  missed' : ''}`,
      String(predictions),
    ]);
    for (const line of table(['MODEL', 'DECODER', 'RUN', 'DECODE', 'RATIO', 'FOUND'], rows)) out.line(line);
  },
};
