import type { CtcOutput, PackageFiles } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';

import { visionErrors } from '../errors.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';

/**
 * Text by the best path: at each place the best character, the same in a row once, without blanks. The score is the mean probability of
 * the characters that stay; an empty text is not a prediction.
 * Sources: Graves et al., "Connectionist Temporal Classification", 2006, section 3.2; PaddleOCR, ppocr/postprocess/rec_postprocess.py
 * (CTCLabelDecode), read as a specification.
 */
export function ctcDecoder(spec: CtcOutput, context: DecoderContext, dictionary: readonly string[]): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const known = context.outputs.find((output) => output.name === name)?.shape.at(-1) ?? -1;
  // Better when the model is loaded than with the first picture.
  if (known > 0) charactersOf(spec, dictionary, known, name);
  const [label = 'text'] = context.labels;
  return {
    fetches: [name],
    decode(outputs) {
      const tensor = outputTensor(outputs, name);
      const [places = 0, columns = 0] = tensor.shape.slice(-2);
      if (tensor.shape.length < 2 || tensor.shape.slice(0, -2).some((side) => side !== 1))
        throw unexpectedShape(name, tensor.shape, '[1, places, characters]');
      const characters = charactersOf(spec, dictionary, columns, name);
      const { text, score } = bestPath(numbersOf(tensor), places, characters, spec);
      return text !== '' && score >= spec.scoreThreshold ? [{ classId: 0, label, score, text }] : [];
    },
  };
}

/**
 * Characters of a dictionary, one a line; a line may be a single space, so nothing is trimmed but the ends of lines.
 * @throws EdgeError `model.file-missing`
 */
export async function loadDictionary(file: string, files: PackageFiles): Promise<readonly string[]> {
  try {
    const text = Buffer.from(await files.read(file)).toString('utf8');
    return text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '').split(/\r?\n/); // prettier-ignore
  } catch (error) {
    if (isEdgeError(error) && error.code === 'package.changed') throw error;
    throw visionErrors.error('model.file-missing', `the package has no readable file "${file}" (output.dictionary)`, {
      cause: error,
    });
  }
}

/** Character of each column; the blank's is empty. */
function charactersOf(
  { blank, dictionary: file }: CtcOutput,
  dictionary: readonly string[],
  columns: number,
  output: string,
): readonly string[] {
  const spaces = columns - dictionary.length - 1;
  if (spaces !== 0 && spaces !== 1) {
    const message = `output "${output}" has ${columns} columns, one of them the blank, and "${file}" lists ${dictionary.length} characters`;
    throw visionErrors.error('model.interface-mismatch', message, { facts: { name: output, outputs: [] } });
  }
  const characters = spaces === 1 ? [...dictionary, ' '] : dictionary;
  return blank === 'first' ? ['', ...characters] : [...characters, ''];
}

function bestPath(values: Numbers, places: number, characters: readonly string[], spec: CtcOutput) {
  const columns = characters.length;
  const blank = spec.blank === 'first' ? 0 : columns - 1;
  let [text, sum, count, last] = ['', 0, 0, -1];
  for (let place = 0; place < places; place++) {
    const begin = place * columns;
    let best = 0;
    for (let column = 1; column < columns; column++) {
      if ((values[begin + column] as number) > (values[begin + best] as number)) best = column;
    }
    if (best !== last && best !== blank) {
      text += characters[best] as string;
      sum += spec.activation === 'none' ? (values[begin + best] as number) : probability(values, begin, best, columns);
      count++;
    }
    last = best;
  }
  return { text, score: count === 0 ? 0 : sum / count };
}

/** Softmax of the largest value. */
function probability(values: Numbers, begin: number, best: number, columns: number): number {
  const max = values[begin + best] as number;
  let sum = 0;
  for (let column = 0; column < columns; column++) sum += Math.exp((values[begin + column] as number) - max);
  return 1 / sum;
}
