import type { TensorInputs } from '#packages/model-package';
import { visionErrors } from '../errors.ts';
import type { NamedTensors, Tensor, TensorInfo } from '../loaded-model.ts';
import { openInputs } from '../session/tensor-inputs.ts';
import { shapeText } from './shape-text.ts';
import { readTensorFile } from './tensor-file.ts';

/**
 * A model's inputs from a file of arrays: an .npz with them by name, or an .npy with the only one that
 * model.json gives neither a value nor a state.
 * @param maxBytes of all arrays together, unpacked. Default: 1 GiB
 * @throws EdgeError `tensor.file-invalid`, `model.input-invalid`
 */
export async function readTensorFeeds(
  bytes: Uint8Array,
  file: string,
  infos: readonly TensorInfo[],
  specs: TensorInputs,
  maxBytes?: number,
): Promise<NamedTensors> {
  const feeds = await readTensorFile(bytes, file, openInputs(infos, specs), maxBytes);
  for (const [name, tensor] of Object.entries(feeds)) {
    const info = infos.find((one) => one.name === name);
    const problem = info
      ? problemOf(tensor, info)
      : `is not one of the model's inputs, ${infos.map((one) => `"${one.name}"`).join(', ')}`;
    if (problem !== undefined)
      throw visionErrors.error('model.input-invalid', `the array "${name.slice(0, 200)}" of ${file} ${problem}`);
  }
  return feeds;
}

function problemOf({ type, shape }: Tensor, info: TensorInfo): string | undefined {
  if (type !== info.type) {
    const remedy = type === 'string' || info.type === 'string' ? '' : `; save it with astype("${info.type}")`;
    return `holds ${type}, and the input takes ${info.type}${remedy}`;
  }
  const fits =
    shape.length === info.shape.length &&
    shape.every((side, axis) => info.shape[axis] === -1 || info.shape[axis] === side);
  return fits ? undefined : `has the shape ${shapeText(shape)}, and the input takes ${shapeText(info.shape)}`;
}
