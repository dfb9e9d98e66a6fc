import type { ExporterFacts } from './exporter-facts.ts';
import type { Findings } from './findings.ts';
import type { ProposedInput } from './propose-input.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

/** How pixels become numbers: keys of `input` in model.json. */
export type Pixels = Readonly<Record<string, unknown>>;

export const ZERO_TO_ONE = { mean: 0, std: 255 };
export const MINUS_ONE_TO_ONE = { mean: 127.5, std: 127.5 };
export const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
const CAFFE = { color: 'BGR', mean: [104, 117, 123] };

/** ImageNet's classes and TensorFlow's row for the background. */
const TENSORFLOW_CLASSES = 1001;

/** Pixels that the file does not tell: `usual` is what this family mostly takes. Models of bytes take them as they are. */
export function askForPixels(
  input: ProposedInput,
  facts: ExporterFacts,
  usual: Pixels,
  whose: string,
  findings: Findings,
): Pixels {
  if (input.dtype === 'uint8') return {};
  const written = writtenPixels(facts);
  if (written) return written;
  const keys = 'color' in usual ? ['input.color', 'input.mean', 'input.std'] : ['input.mean', 'input.std'];
  const values = Object.entries(usual).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  findings.ask(keys, `the file does not say what pixels become; ${whose} mostly: ${values.join(', ')}`);
  return usual;
}

/**
 * Pixels by ONNX' convention for images.
 * Source: ONNX, docs/MetadataProps.md.
 */
function writtenPixels({ pixelFormat, pixelRange }: ExporterFacts): Pixels | undefined {
  const numbers = pixelRange === undefined ? undefined : RANGES[pixelRange.toLowerCase()];
  if (!numbers) return undefined;
  const color = /^bgr/i.test(pixelFormat ?? '') ? { color: 'BGR' } : {};
  return { ...color, ...numbers };
}

const RANGES: Readonly<Record<string, Pixels>> = {
  nominalrange_0_255: { mean: 0, std: 1 },
  normalized_0_1: ZERO_TO_ONE,
  normalized_1_1: MINUS_ONE_TO_ONE,
};

/** The normalization of classifiers, by the framework that the file or the number of classes tells. */
export function classifierPixels(
  model: OnnxModel,
  input: ProposedInput,
  output: OnnxValue,
  facts: ExporterFacts,
  findings: Findings,
): Pixels {
  const hasBackground = output.shape.includes(TENSORFLOW_CLASSES);
  if (hasBackground) findings.note('labels.txt: 1001 classes are those of ImageNet behind a row for the background');
  if (hasBackground || /tf2onnx|tensorflow|keras/i.test(model.producer)) {
    return askForPixels(input, facts, MINUS_ONE_TO_ONE, "TensorFlow's classifiers", findings);
  }
  if (/caffe/i.test(model.producer)) return askForPixels(input, facts, CAFFE, "Caffe's classifiers", findings);
  return askForPixels(input, facts, IMAGENET, "torchvision's classifiers", findings);
}
