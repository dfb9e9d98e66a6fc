import type { Task } from '#packages/model-package';
import type { ExporterFacts } from './exporter-facts.ts';
import type { Findings } from './findings.ts';
import type { ProposedInput } from './propose-input.ts';
import type { Pixels } from './propose-pixels.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

export interface ProposedOutput {
  readonly task: Task;
  readonly output: Readonly<Record<string, unknown>>;
  /** How pixels become numbers in this family. */
  readonly pixels: Pixels;
  /** Inputs besides the image: `tensors` of model.json. */
  readonly tensors?: Readonly<Record<string, unknown>>;
  /** Lines of the file that `output.dictionary` names. */
  readonly dictionary?: readonly string[];
}

/** The facts that a proposal is made from. */
export interface Evidence {
  readonly model: OnnxModel;
  readonly facts: ExporterFacts;
  readonly input: ProposedInput;
  readonly findings: Findings;
}

/** Undefined if the model is of another family. */
export type Guess = (evidence: Evidence) => ProposedOutput | undefined;

/** The tensors as they are; `why` no decoder is proposed. */
export function rawTensors(findings: Findings, why: string): ProposedOutput {
  findings.note(`${why}; the raw tensors are given out`);
  return { task: 'tensor', output: { decoder: 'tensor' }, pixels: {} };
}

/** Operator that makes a value, looked at through operators that only move numbers. */
export function makerOf(model: OnnxModel, output: OnnxValue): string | undefined {
  let name: string | undefined = output.name;
  for (let step = 0; step < 8 && name !== undefined; step++) {
    const wanted: string = name;
    const node = model.nodes.find(({ outputs }) => outputs.includes(wanted));
    if (!node || !PASSING.has(node.op)) return node?.op;
    name = node.inputs[0];
  }
  return undefined;
}

const PASSING: ReadonlySet<string> = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Identity',
  'Cast',
  'Transpose',
  'Unsqueeze',
]);
