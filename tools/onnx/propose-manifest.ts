import path from 'node:path';
import { exporterFacts } from './exporter-facts.ts';
import type { ExporterFacts } from './exporter-facts.ts';
import { Findings } from './findings.ts';
import type { Question } from './findings.ts';
import { proposeInput } from './propose-input.ts';
import type { ProposedInput } from './propose-input.ts';
import type { Pixels } from './propose-pixels.ts';
import { proposeOutput } from './propose-output.ts';
import type { ProposedOutput } from './proposed-output.ts';
import { proposeTensors } from './propose-tensors.ts';
import type { OnnxModel } from './read-onnx.ts';

/** A model.json as far as it can be told from the ONNX file, and what a person has to check or to answer. */
export interface Proposal {
  /** In the form of model.json, and valid; an open question has its usual value. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** For a person to look at. */
  readonly notes: readonly string[];
  /** For a person to answer: the file does not say it, and nobody can know. */
  readonly questions: readonly Question[];
  /** Lines of labels.txt, if the exporter wrote the names of the classes. */
  readonly labels: readonly string[] | undefined;
  /** Lines of the file that `output.dictionary` names, if the exporter wrote them. */
  readonly dictionary: readonly string[] | undefined;
}

/** Proposes by the exporter's metadata first; names, shapes and the last operators are the second source. */
export function proposeManifest(model: OnnxModel, file: string): Proposal {
  const facts = exporterFacts(model);
  const sizes = new Findings();
  const input = proposeInput(model, facts, sizes);
  const findings = new Findings();
  const { task, output, pixels, tensors, dictionary }: ProposedOutput = input
    ? proposeOutput({ model, facts, input, findings })
    : { task: 'tensor', output: { decoder: 'tensor' }, pixels: {} };
  // Without a size there is no image to prepare, and a model of tensors needs none.
  const image = task === 'tensor' && sizes.questions.length > 0 ? undefined : input;
  // Steps say by themselves how large pictures become.
  const isSized = Array.isArray(pixels['steps']) || (task === 'tensor' && image === undefined);
  if (task === 'tensor' && image && /^float/.test(image.dtype) && Object.keys(pixels).length === 0) {
    findings.ask(['input.mean', 'input.std'], 'the file does not say what pixels become; 0 and 1 leave them 0..255');
  }
  // Answers about anomalies have names of their own.
  const hasLabels =
    !['tensor', 'anomaly', 'embedding', 'text-recognition'].includes(task) && output['decoder'] !== 'db';
  const labels = hasLabels ? facts.labels : undefined;
  const others = tensors ?? (task === 'tensor' ? proposeTensors(model, findings) : {});
  const manifest = {
    schemaVersion: 1,
    name: nameOf(file),
    version: '1.0.0',
    task,
    ...(image ? { input: inputOf(image, pixels) } : {}),
    ...(Object.keys(others).length > 0 ? { tensors: others } : {}),
    output,
    ...(hasLabels ? { labels: 'labels.txt' } : {}),
    variants: [{ file: path.basename(file), ...(isQuantized(model) ? { precision: 'int8' } : {}) }],
  };
  if (hasLabels) findings.note(labelsNote(labels));
  findings.note(GOLDEN_NOTE[task === 'tensor' && !image ? 'tensors' : 'images']);
  return {
    manifest,
    notes: [...sizes.notes, ...sizeNotes(image, facts, model), ...findings.notes],
    questions: [...(isSized ? [] : sizes.questions), ...findings.questions],
    labels,
    dictionary,
  };
}

/** `input` of model.json in its short form, or with steps, which say all about size and numbers. */
function inputOf({ width, height, ...rest }: ProposedInput, pixels: Pixels): Readonly<Record<string, unknown>> {
  const { steps, mean, std, ...others } = pixels;
  if (!Array.isArray(steps)) return { ...rest, width, height, ...pixels };
  const numbers = mean === undefined && std === undefined ? [] : [{ step: 'normalize', mean, std }];
  return { ...rest, ...others, steps: [...(steps as readonly object[]), ...numbers] };
}

const GOLDEN_NOTE = {
  images: 'golden: add an input and what `edgeml predict --json` gives for it, once you have seen that it is right',
  tensors: 'golden: add an .npz with the inputs by name, and one with the outputs that must come out',
} as const;

function labelsNote(labels: readonly string[] | undefined): string {
  if (!labels) return "labels.txt: one label per line, in the order of the model's classes";
  const shown = labels.slice(0, 4).join(', ');
  return `labels.txt: ${labels.length} names are in the file, ${shown}${labels.length > 4 ? ', …' : ''}`;
}

/** A size that is free in the model and comes from its exporter, and a batch that cannot be given. */
function sizeNotes(input: ProposedInput | undefined, { size }: ExporterFacts, model: OnnxModel): readonly string[] {
  const [batch, ...given] = model.inputs.find(({ name }) => name === input?.name)?.shape ?? [];
  const isFree = given.some((side) => typeof side !== 'number' || side < 1);
  return [
    ...(input && size && isFree ? [`input: the model takes any size; its exporter says ${size[1]} × ${size[0]}`] : []),
    ...(typeof batch === 'number' && batch > 1
      ? [
          `input: the agent cannot load this model: it takes ${batch} images at once; export it with a batch of 1, or one that is free`,
        ]
      : []),
  ];
}

function nameOf(file: string): string {
  const name = path
    .parse(file)
    .name.replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return name === '' ? 'Model' : name;
}

function isQuantized(model: OnnxModel): boolean {
  return model.nodes.some(({ op }) => ['QuantizeLinear', 'QLinearConv', 'ConvInteger', 'MatMulInteger'].includes(op));
}
