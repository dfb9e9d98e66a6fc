import type { ProposedInput } from './propose-input.ts';
import type { OnnxModel, OnnxValue } from './read-onnx.ts';

export type Note = (text: string) => void;

/** How pixels become numbers: keys of `input` in model.json. */
export type Pixels = Readonly<Record<string, unknown>>;

export const ZERO_TO_ONE = { mean: 0, std: 255 };
export const MINUS_ONE_TO_ONE = { mean: 127.5, std: 127.5 };
const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
const CAFFE = { color: 'BGR', mean: [104, 117, 123] };

/** ImageNet's classes and TensorFlow's row for the background. */
const TENSORFLOW_CLASSES = 1001;

/** Models of bytes take them as they are. */
export function normalised(input: ProposedInput, numbers: Pixels, note: Note, whose: string): Pixels {
  if (input.dtype === 'uint8') return {};
  const keys = 'color' in numbers ? 'input.color, mean and std' : 'input.mean and std';
  note(`${keys}: a guess, those of ${whose}; take what the model was trained with`);
  return numbers;
}

/** What classifiers were trained with, by the framework that the file or the number of classes tells. */
export function classifierPixels(model: OnnxModel, input: ProposedInput, output: OnnxValue, note: Note): Pixels {
  const hasBackground = output.shape.includes(TENSORFLOW_CLASSES);
  if (hasBackground) note('labels.txt: 1001 classes are those of ImageNet behind a row for the background');
  if (hasBackground || /tf2onnx|tensorflow|keras/i.test(model.producer)) {
    return normalised(input, MINUS_ONE_TO_ONE, note, 'TensorFlow');
  }
  if (/caffe/i.test(model.producer)) return normalised(input, CAFFE, note, 'Caffe');
  return normalised(input, IMAGENET, note, 'torchvision');
}
