import type { PackageFiles, SsdPerClassOutput } from '#packages/model-package';
import { isEdgeError, messageOf } from '#packages/foundation';
import { visionErrors } from '../errors.ts';
import { readNpyHeader } from '../image/npy.ts';
import type { NamedTensors, TensorInfo } from '../loaded-model.ts';
import type { AddBox } from './box-format.ts';
import type { Candidates } from './candidates.ts';
import { numbersOf, outputTensor } from './outputs.ts';

/** Where the priors come from: numbers, four per prior, or an output of the model. */
export type PriorSource =
  | { readonly values: ArrayLike<number>; readonly output?: undefined }
  | { readonly values?: undefined; readonly output: string };

/**
 * Finds the priors that model.json names: inline, an output of the model, or a `.json` or `.npy` (float32) file of the package.
 * @throws EdgeError `model.interface-mismatch`, `model.file-missing`
 */
export async function loadPriors(
  priors: NonNullable<SsdPerClassOutput['priors']>,
  outputs: readonly TensorInfo[],
  files: PackageFiles,
): Promise<PriorSource> {
  if (typeof priors !== 'string') return { values: Float64Array.from(priors.flat()) };
  if (outputs.some((output) => output.name === priors)) return { output: priors };
  if (!/\.(json|npy)$/.test(priors)) {
    throw visionErrors.error(
      'model.interface-mismatch',
      `output.priors is "${priors}", which is neither an output of the model nor a .json or .npy file`,
    );
  }
  const bytes = await readPriors(files, priors);
  try {
    return { values: priors.endsWith('.npy') ? floatsOfNpy(bytes) : numbersOfJson(bytes) };
  } catch (error) {
    throw visionErrors.error(
      'model.interface-mismatch',
      `the priors in "${priors}" cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Offsets to boxes: center = prior center + offset · v · prior size; size = prior size · exp(offset · v).
 * Source: Liu et al. 2016, section 2.2; the variances are those of its Caffe code (PriorBox, DecodeBBox CENTER_SIZE).
 */
export function priorBoxDecoder(
  source: PriorSource,
  spec: Pick<SsdPerClassOutput, 'boxFormat' | 'variances'>,
  candidates: Candidates,
): (outputs: NamedTensors, rows: number) => AddBox {
  const variances = spec.variances ?? [0.1, 0.2];
  const [v0, v1] = variances;
  const v2 = variances[2] ?? v1;
  const [vx, vy, vw, vh] = variances.length === 2 ? [v0, v0, v1, v1] : [v0, v1, v2, variances[3]];
  // Where x and y, and then width and height, stand among the four.
  const [x, y] = spec.boxFormat === 'yxyx' ? [1, 0] : [0, 1];
  return (outputs, rows) => {
    const priors = source.values ?? numbersOf(outputTensor(outputs, source.output));
    if (priors.length !== 4 * rows) {
      throw visionErrors.error('model.output-unexpected', `there are ${priors.length / 4} priors for ${rows} boxes`);
    }
    return (offsets, at, score, classId) => {
      const width = priors[at + 2 + x] as number;
      const height = priors[at + 2 + y] as number;
      const centerX = (priors[at + x] as number) + (offsets[at + x] as number) * vx * width;
      const centerY = (priors[at + y] as number) + (offsets[at + y] as number) * vy * height;
      const halfWidth = (width * Math.exp((offsets[at + 2 + x] as number) * vw)) / 2;
      const halfHeight = (height * Math.exp((offsets[at + 2 + y] as number) * vh)) / 2;
      candidates.add(
        centerX - halfWidth,
        centerY - halfHeight,
        centerX + halfWidth,
        centerY + halfHeight,
        score,
        classId,
      );
    };
  };
}

async function readPriors(files: PackageFiles, file: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    if (isEdgeError(error) && error.code === 'package.changed') throw error;
    throw visionErrors.error('model.file-missing', `the package has no readable file "${file}" (output.priors)`, {
      cause: error,
    });
  }
}

function numbersOfJson(bytes: Uint8Array): Float64Array {
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const flat: unknown[] = Array.isArray(value) ? (value.flat() as unknown[]) : [];
  if (flat.length === 0 || flat.length % 4 !== 0 || !flat.every((one) => typeof one === 'number')) {
    throw new Error('it must be an array of arrays of four numbers');
  }
  return Float64Array.from(flat);
}

function floatsOfNpy(bytes: Uint8Array): Float32Array {
  const header = readNpyHeader(bytes);
  if (header.type !== 'f4' || header.fortranOrder || !header.littleEndian || header.shape.at(-1) !== 4) {
    throw new Error(
      `it must be a C-ordered float32 array of shape (N, 4), not ${header.type} (${header.shape.join(', ')})`,
    );
  }
  const length = header.shape.reduce((product, side) => product * side, 1);
  if (header.offset + 4 * length > bytes.length) throw new Error('it ends too early');
  // A copy, for its alignment.
  return new Float32Array(new Uint8Array(bytes.subarray(header.offset, header.offset + 4 * length)).buffer);
}
