import path from 'node:path';

import type { OnnxModel } from './read-onnx.ts';
import { proposeInput } from './propose-input.ts';
import { proposeOutput } from './propose-output.ts';

/** A model.json as far as it can be told from the ONNX file, and what a person has to check. */
export interface Proposal {
  /** In the form of model.json; valid unless a note says otherwise. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

/** Guesses from names, shapes and the last operators, by what the well-known exporters write. */
export function proposeManifest(model: OnnxModel, file: string): Proposal {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const input = proposeInput(model, note);
  const { task, output, pixels } = proposeOutput(model, input, note);
  const manifest = {
    schemaVersion: 1,
    name: nameOf(file),
    version: '1.0.0',
    task,
    input: { ...input, ...pixels },
    output,
    ...(task === 'tensor' ? {} : { labels: 'labels.txt' }),
    variants: [{ file: path.basename(file), ...(isQuantised(model) ? { precision: 'int8' } : {}) }],
  };
  if (task !== 'tensor') note("labels.txt: one label per line, in the order of the model's classes");
  note('golden: add an input and what `edgeml predict --json` gives for it, once you have seen that it is right');
  return { manifest, notes };
}

function nameOf(file: string): string {
  const name = path
    .parse(file)
    .name.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return name === '' ? 'Model' : name;
}

function isQuantised(model: OnnxModel): boolean {
  return model.nodes.some(({ op }) => ['QuantizeLinear', 'QLinearConv', 'ConvInteger', 'MatMulInteger'].includes(op));
}
