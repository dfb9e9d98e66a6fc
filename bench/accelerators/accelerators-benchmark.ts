import type { Provider } from '#packages/model-package';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { providersOf } from '../../tools/cli/frame/providers-of.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options {
  readonly provider: string;
  readonly model?: readonly string[];
  readonly images: string;
  readonly rounds: string;
  readonly threads: string;
  readonly python?: string;
}

export const acceleratorsBenchmark: CommandSpec<Options> = {
  usage: 'accelerators',
  summary: 'the ways to a session in turn: the Node.js binding, the C interface, and Python beside them',
  options: (command) =>
    command
      .option('--provider <name>', 'execution provider', 'cpu')
      .option('--model <file...>', 'ONNX files (default: the sample detector, and one of 66 MB with random weights)')
      .option('--images <number>', 'runs of each way in a round', '50')
      .option('--rounds <number>', 'rounds, in which the ways take turns', '5')
      .option('--threads <number>', 'threads of one operator on the CPU', '1')
      .option('--python <interpreter>', 'Python with onnxruntime or onnxruntime-gpu and numpy, to compare with'),
  help: `
Ratios are to the first way that runs; above 1 is faster. A component that brings the provider is taken from the folder that
EDGEML_COMPONENTS names.`,
  run: async ({ options, out, signal }) => {
    const counts = {
      images: wholeNumber('images', options.images),
      rounds: wholeNumber('rounds', options.rounds),
      threads: wholeNumber('threads', options.threads),
    };
    const provider = providersOf(options.provider)[0] as Provider;
    const { measureWays } = await import('./measure-ways.ts');
    const report = await measureWays(provider, options.model ?? [], options.python, counts, signal);
    out.json(report);
    if (out.isJson) return;
    const rows = report.flatMap(({ model, ways }) =>
      ways.map((way) =>
        'reason' in way
          ? [model, way.way, way.reason]
          : [model, way.way, `${way.p50Ms.toFixed(2)} ms`, way.perSecond.toFixed(1), way.ratio.toFixed(3)],
      ),
    );
    for (const line of table(['MODEL', 'WAY', 'P50', 'IMAGES/S', 'RATIO'], rows)) out.line(line);
  },
};
