import { askForPixels, IMAGENET } from './propose-pixels.ts';
import { makerOf } from './proposed-output.ts';
import type { Guess } from './proposed-output.ts';
import type { ProposedInput } from './propose-input.ts';
import type { OnnxValue } from './read-onnx.ts';

/** Input pixels for each pixel of the output, across and down. */
const SHRINKING: readonly number[] = [1, 2, 4, 8];
const MOST_CLASSES = 256;

/**
 * Segmenters of torchvision (`out`, `aux`) and Transformers: a score of each class for each pixel, or the class itself. Features and
 * pictures have the same shape, so whether it is one is asked.
 */
export const pixelClasses: Guess = ({ model, input, facts, findings }) => {
  const [output] = model.outputs;
  if (!output) return undefined;
  const isMap = !output.type.startsWith('float') && hasSides(output.shape.slice(-2), output, input);
  const isClasses = isMap && model.outputs.length === 1 && output.shape.slice(1, -2).every((side) => side === 1);
  const isScores = model.outputs.every((one) => one.shape[1] === output.shape[1] && isScored(one, input));
  if (!isClasses && !isScores) return undefined;
  const numbers = isClasses ? 'a whole number' : `${output.shape[1]} numbers`;
  findings.ask(
    ['output.decoder'],
    `"${output.name}" has ${numbers} for each pixel, ${isClasses ? 'its class' : 'a score of each class'} in a model of "segmentation"; if they are something else, take "tensor"`,
  );
  findings.note('output.backgroundClass: give it if a class means that nothing is there');
  const isFinished = ['Softmax', 'Sigmoid'].includes(makerOf(model, output) ?? '');
  const activation = isFinished ? 'none' : 'softmax';
  return {
    task: 'semantic-segmentation',
    output: { decoder: 'segmentation', output: output.name, ...(isClasses ? { values: 'classes' } : { activation }) },
    pixels: askForPixels(input, facts, IMAGENET, 'segmenters of PyTorch', findings),
  };
};

function isScored(output: OnnxValue, input: ProposedInput): boolean {
  const { shape, type } = output;
  const classes = shape[1];
  const isCount = typeof classes === 'number' && classes >= 2 && classes <= MOST_CLASSES;
  return isCount && shape.length === 4 && type.startsWith('float') && hasSides(shape.slice(2), output, input);
}

/** The image's shape, at most 8 times smaller. */
function hasSides(
  sides: readonly (number | string)[],
  { shape }: OnnxValue,
  { width, height }: ProposedInput,
): boolean {
  if (shape.length < 3 || shape.length > 4) return false;
  const [down, across] = sides;
  if (typeof down !== 'number' || typeof across !== 'number') return typeof down === typeof across;
  return height / down === width / across && SHRINKING.includes(height / down);
}
