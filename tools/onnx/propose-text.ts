import { MINUS_ONE_TO_ONE } from './propose-pixels.ts';
import { makerOf } from './proposed-output.ts';
import type { Guess } from './proposed-output.ts';

/** File of a package with the characters of a recognizer. */
export const DICTIONARY_FILE = 'dictionary.txt';

/** Lines of text are this high in PP-OCR since version 3, and at least this wide. */
const [LINE_HEIGHT, LEAST_WIDTH] = [48, 320] as const;

/**
 * A recognizer: a distribution over its characters for each place of a line. RapidOCR writes the characters into the file.
 * Source of the preparation: PaddleOCR, tools/infer/predict_rec.py (resize_norm_img), read as a specification.
 */
export const recognizer: Guess = ({ model, input, facts, findings }) => {
  const [output] = model.outputs;
  if (!output || model.outputs.length > 1 || output.shape.length !== 3) return undefined;
  const isDistribution = makerOf(model, output) === 'Softmax';
  const { dictionary } = facts;
  if (!dictionary && !isDistribution) return undefined;
  if (!dictionary) {
    findings.ask(
      ['output.dictionary'],
      `"${output.name}" is a sequence of distributions, as of a text recognizer: name a file of its characters, one a line ` +
        `(${DICTIONARY_FILE} beside the model is taken along)`,
    );
    findings.note('input.steps: those of PP-OCR');
  }
  const free = model.inputs.find(({ name }) => name === input.name)?.shape ?? [];
  const [height, width] = input.layout === 'NCHW' ? free.slice(2) : free.slice(1, 3);
  const lineHeight = typeof height === 'number' && height > 0 ? height : LINE_HEIGHT;
  const fixed = typeof width === 'number' && width > 0 ? width : undefined;
  return {
    task: 'text-recognition',
    output: {
      decoder: 'ctc',
      output: output.name,
      dictionary: DICTIONARY_FILE,
      ...(isDistribution ? {} : { activation: 'softmax' }),
    },
    pixels: {
      color: 'BGR',
      steps: [
        {
          step: 'resize',
          height: lineHeight,
          rounding: 'ceil',
          ...(fixed ? { maxWidth: fixed } : { truncateAbove: LEAST_WIDTH }),
        },
        { step: 'pad', width: fixed ?? LEAST_WIDTH, height: lineHeight, align: 'top-left', value: 127.5 },
      ],
      ...MINUS_ONE_TO_ONE,
    },
    ...(dictionary ? { dictionary } : {}),
  };
};

/**
 * PP-OCR's detectors: one map of probabilities as large as the picture. Paddle's converter calls the picture "x".
 * Source of the preparation: PaddleOCR, ppocr/data/imaug/operators.py (DetResizeForTest), read as a specification.
 */
export const textRegions: Guess = ({ model, input, findings }) => {
  const [output] = model.outputs;
  if (!output || model.outputs.length > 1 || output.shape.length !== 4 || output.shape[1] !== 1) return undefined;
  if (input.name !== 'x' || makerOf(model, output) !== 'Sigmoid') return undefined;
  findings.ask(
    ['input.steps'],
    "the file does not say what pixels become; PP-OCR's detectors mostly: BGR, the longer side at most 960, multiples of 32, mean and std 127.5 (RapidOCR) or ImageNet's (PaddleOCR)",
  );
  findings.note(`output.decoder: "${output.name}" is taken for a map of text; it may be a mask of something else`);
  return {
    task: 'oriented-detection',
    output: { decoder: 'db', output: output.name },
    pixels: {
      color: 'BGR',
      steps: [{ step: 'resize', longSide: 960, enlarge: false, rounding: 'truncate', multiple: 32 }],
      ...MINUS_ONE_TO_ONE,
    },
  };
};
