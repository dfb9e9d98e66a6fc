import { parseArgs } from 'node:util';

import { BENCH_MODELS } from './bench-packages.ts';
import type { BenchModel } from './bench-packages.ts';

export interface VisionBenchOptions {
  readonly models: readonly BenchModel[];
  readonly rounds: number;
  /** Photos per measurement. */
  readonly count: number;
  /** Interpreter with onnxruntime, opencv-python-headless and numpy. */
  readonly python: string;
}

export const USAGE = `usage: npm run bench:vision -- [--model NAME]… [--rounds 5] [--count 300] [--python python3]

Runs our pipeline, the agent and OpenCV with ONNX Runtime in Python in turn, round by round.
--model   ${BENCH_MODELS.join(', ')}; default: all
--rounds  default 5
--count   photos per measurement, default 300
--python  interpreter that has onnxruntime, opencv-python-headless and numpy; default: EDGEML_PYTHON, else python3`;

/** Undefined where help is asked for. @throws Error with the usage */
export function benchOptions(args: readonly string[], environment: NodeJS.ProcessEnv): VisionBenchOptions | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const models = values.model ?? BENCH_MODELS;
  const unknown = models.filter((name) => !BENCH_MODELS.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`no such model: ${unknown.join(', ')}\n${USAGE}`);
  return {
    models: models as readonly BenchModel[],
    rounds: wholeNumber('--rounds', values.rounds ?? '5'),
    count: wholeNumber('--count', values.count ?? '300'),
    python: values.python ?? environment['EDGEML_PYTHON'] ?? 'python3',
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        model: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        count: { type: 'string' },
        python: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${USAGE}`, { cause });
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} is "${text}"; give a whole number from 1\n${USAGE}`);
}
