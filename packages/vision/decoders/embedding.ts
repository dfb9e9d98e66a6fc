import { judgeEmbedding, unitVector, unknownEmbedding } from '#packages/model-package';
import type { EmbeddingOutput, GalleryVector } from '#packages/model-package';
import { visionErrors } from '../errors.ts';
import type { Tensor } from '../loaded-model.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';

/**
 * One prediction: the picture's vector, scaled to length 1, and the name of the nearest vector of the package's gallery.
 * Source: FaceNet (Schroff et al., 2015), section 3: embeddings on the unit sphere; there the cosine orders as the distance does.
 */
export function embeddingDecoder(
  spec: EmbeddingOutput,
  context: DecoderContext,
  gallery: readonly GalleryVector[],
): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  return {
    fetches: [name],
    decode(outputs) {
      const vector = unitVector(pooled(name, outputTensor(outputs, name), spec.pooling));
      // A vector without a direction would be like everything or nothing.
      if (!vector)
        throw visionErrors.error('model.output-unexpected', `output "${name}" is zero or not a number everywhere`, {
          facts: { output: name },
        });
      const other = gallery.find((known) => known.vector.length !== vector.length);
      if (other) {
        const message = `output "${name}" has ${vector.length} numbers, and "${other.name}" of the gallery ${other.vector.length}`;
        throw visionErrors.error('model.output-unexpected', message, { facts: { output: name } });
      }
      return [judgeEmbedding(unknownEmbedding(vector, spec.scoreThreshold), gallery)];
    },
  };
}

/** The numbers of the vector before it is scaled. */
function pooled(name: string, tensor: Tensor, pooling: EmbeddingOutput['pooling']): ArrayLike<number> {
  const { shape } = tensor;
  const values = numbersOf(tensor);
  const unexpected = (needed: string) => unexpectedShape(name, shape, needed);
  if (pooling === 'none') {
    // One side alone may be longer than 1: what has several vectors must say how they become one.
    if (shape.filter((side) => side !== 1).length > 1) throw unexpected('[1, D], or "pooling" in model.json');
    return values;
  }
  if (shape[0] !== 1 || shape.length < 3 || shape.length > 4) throw unexpected('[1, rows, D] or [1, D, H, W]');
  const isMap = shape.length === 4;
  const [size, count] = isMap
    ? [shape[1] as number, (shape[2] as number) * (shape[3] as number)]
    : [shape[2] as number, shape[1] as number];
  if (pooling === 'first') {
    if (isMap || count === 0) throw unexpected('[1, rows, D]');
    return values.subarray(0, size);
  }
  const [step, stride] = isMap ? [1, count] : [size, 1];
  return Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += values[at * stride + index * step] as number;
    return sum / count;
  });
}
