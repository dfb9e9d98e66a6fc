import { elementsOf, shapeText } from '#packages/vision';
import type { TensorInfo } from '#packages/vision';

import { agentErrors } from '../../errors.ts';
import type { TensorMetadata } from '../messages.ts';

/** 2 GiB of the widest elements; more cannot come in one message anyway. */
const MAX_ELEMENTS = 2 ** 28;

/** The shape that a request states; undefined if it leaves that to the model. */
export function givenShape(metadata: TensorMetadata | null): readonly number[] | undefined {
  return metadata && metadata.shape.length > 0 ? metadata.shape : undefined;
}

/**
 * Shape of the tensor for an input: as given if that fits, else the model's own, whose free side follows from the
 * number of elements. A model whose sides are all fixed takes any shape of as many elements for its own: Edge Manager compared
 * numbers of elements only. A model of which the batch alone is free does so, too, with the batch that the given shape begins
 * with. The order of the elements stays, nothing is transposed.
 * @throws EdgeError `edge-manager.tensor-invalid`
 */
export function shapeFor(
  info: TensorInfo,
  given: readonly number[] | undefined,
  elements: number | undefined,
): readonly number[] {
  const shape = given ?? solved(info, elements);
  const fits =
    shape.length === info.shape.length &&
    shape.every((side, axis) => side >= 0 && (info.shape[axis] === -1 || info.shape[axis] === side));
  if (!fits) {
    const own = batchOf(info.shape, shape);
    if (holdsAsMuch(own, shape)) return own;
    throw invalid(`the input "${info.name}" takes ${shapeText(info.shape)}, not ${shapeText(shape)}`);
  }
  if (elementsOf(shape) > MAX_ELEMENTS) {
    throw invalid(`${shapeText(shape)} for the input "${info.name}" are more than ${MAX_ELEMENTS} elements`);
  }
  return shape;
}

/** A model's shape for the batch that another shape begins with. */
function batchOf(model: readonly number[], [batch]: readonly number[]): readonly number[] {
  return model[0] === -1 && batch !== undefined && batch > 0 ? [batch, ...model.slice(1)] : model;
}

function holdsAsMuch(fixed: readonly number[], other: readonly number[]): boolean {
  const known = [...fixed, ...other].every((side) => side >= 0);
  return known && elementsOf(fixed) === elementsOf(other);
}

function solved({ name, shape }: TensorInfo, elements: number | undefined): readonly number[] {
  const free = shape.filter((side) => side === -1).length;
  if (free === 0) return shape;
  const fixed = elementsOf(shape.filter((side) => side !== -1));
  // If only the size of a segment could tell, it is one image.
  const rest = elements === undefined ? 1 : elements / fixed;
  if (free > 1 || !Number.isInteger(rest)) {
    throw invalid(`the input "${name}" takes ${shapeText(shape)}; give the shape of the tensor in its tensor_metadata`);
  }
  return shape.map((side) => (side === -1 ? rest : side));
}

function invalid(message: string) {
  return agentErrors.error('edge-manager.tensor-invalid', message);
}
