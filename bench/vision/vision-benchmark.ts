import { Option } from 'commander';
import { cliErrors } from '../../tools/cli/errors.ts';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import { wholeNumber } from '../whole-number.ts';
import { BENCH_MODELS } from './bench-models.ts';
import type { BenchModel } from './bench-models.ts';

interface VisionBenchmarkOptions {
  readonly model: readonly string[];
  readonly rounds: string;
  readonly count: string;
  readonly python: string;
}

export const visionBenchmark: CommandSpec<VisionBenchmarkOptions> = {
  usage: 'vision',
  summary: 'images per second of our pipeline and the agent, beside OpenCV and ONNX Runtime in Python',
  options: (command) =>
    command
      .option('--model <name...>', `models to run: ${BENCH_MODELS.join(', ')}`, [...BENCH_MODELS])
      .option('--rounds <number>', 'rounds, each of which runs every side once', '5')
      .option('--count <number>', 'photos per measurement', '300')
      .addOption(
        new Option('--python <file>', 'interpreter that has onnxruntime, opencv-python-headless and numpy')
          .default('python3')
          .env('EDGEML_PYTHON'),
      ),
  help: `
Runs each side in turn, round by round, so that a busy machine slows all alike. Only ratios within one round count.
Linux only: other systems do not tell the CPU time and the memory of another process.`,
  run: async ({ options: { model, rounds, count, python }, out, signal }) => {
    const comparison = {
      models: model.map(knownModel),
      rounds: wholeNumber('rounds', rounds),
      count: wholeNumber('count', count),
      python,
    };
    const { compareVision } = await import('./compare.ts');
    await compareVision(comparison, out, signal);
  },
};

function knownModel(name: string): BenchModel {
  const known = BENCH_MODELS.find((one) => one === name);
  if (known) return known;
  throw cliErrors.error('cli.usage', `--model is "${name}"; there are ${BENCH_MODELS.join(', ')}`);
}
