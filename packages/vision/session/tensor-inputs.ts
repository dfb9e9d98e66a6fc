import type { TensorInputs, TensorInputSpec } from '#packages/model-package';
import { visionErrors } from '../errors.ts';
import type { NamedTensors, Tensor, TensorInfo } from '../loaded-model.ts';
import { elementsOf, fromElements, zeros } from '../tensor/allocate.ts';
import { shapeText } from '../tensor/shape-text.ts';

/**
 * Compares `tensors` of model.json with the model.
 * @throws EdgeError `model.interface-mismatch` naming both sides
 */
export function checkTensorInputs(
  specs: TensorInputs,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): void {
  for (const [name, spec] of Object.entries(specs)) {
    const info = inputs.find((one) => one.name === name);
    if (!info)
      throw mismatch(`the model does not have an input "${name}" (tensors in model.json); it has ${namesOf(inputs)}`);
    if (spec.shape && !fits(spec.shape, info.shape)) {
      throw mismatch(
        `input "${name}" takes ${shapeText(info.shape)}, but tensors in model.json says ${shapeText(spec.shape)}`,
      );
    }
    if (spec.from !== undefined) requireSource(info, spec.from, outputs);
    if (spec.value !== undefined || spec.from !== undefined) defaultOf(info, spec);
  }
}

/** The inputs that a caller has to give: model.json has neither a value nor a state for them. */
export function openInputs(inputs: readonly TensorInfo[], specs: TensorInputs): readonly TensorInfo[] {
  return inputs.filter(({ name }) => specs[name]?.value === undefined && specs[name]?.from === undefined);
}

/**
 * Adds inputs that the caller left out: values of model.json, and zeros for a state.
 * @throws EdgeError `model.input-invalid` naming the inputs that are still missing
 */
export function completeFeeds(given: NamedTensors, inputs: readonly TensorInfo[], specs: TensorInputs): NamedTensors {
  const missing = inputs.filter(({ name }) => !Object.hasOwn(given, name));
  if (missing.length === 0) return given;
  const added = missing.flatMap((info): [string, Tensor][] => {
    const spec = specs[info.name];
    return spec?.value === undefined && spec?.from === undefined ? [] : [[info.name, defaultOf(info, spec)]];
  });
  const lacking = missing.filter(({ name }) => !added.some(([known]) => known === name));
  if (lacking.length > 0) {
    throw visionErrors.error('model.input-invalid', `the request lacks ${namesOf(lacking)} of the model's inputs`);
  }
  return { ...given, ...Object.fromEntries(added) };
}

/**
 * Zeros for what model.json gives no value of. Undefined if it leaves the size of an axis unsaid that the model leaves free: any
 * number would be a guess, and many models run with some numbers only.
 */
export function warmUpFeeds(inputs: readonly TensorInfo[], specs: TensorInputs): NamedTensors | undefined {
  const feeds: Record<string, Tensor> = {};
  for (const info of inputs) {
    const spec = specs[info.name] ?? {};
    // The first axis, if it is free, is the batch.
    const shape = shapeOf(info, spec) ?? info.shape.map((side, axis) => (side === -1 && axis === 0 ? 1 : side));
    if (shape.includes(-1)) return undefined;
    feeds[info.name] = spec.value === undefined ? zeroTensor(info, shape) : defaultOf(info, spec);
  }
  return feeds;
}

function defaultOf(info: TensorInfo, spec: TensorInputSpec): Tensor {
  const shape = shapeOf(info, spec);
  if (!shape) {
    throw mismatch(
      `input "${info.name}" takes ${shapeText(info.shape)}: give "shape" for it in tensors of model.json, so that its size is known`,
    );
  }
  if (spec.value === undefined) return zeroTensor(info, shape);
  const count = elementsOf(shape);
  const elements = Array.isArray(spec.value) ? spec.value : Array.from({ length: count }, () => spec.value as number);
  if (elements.length !== count) {
    throw mismatch(
      `tensors.${info.name}.value in model.json has ${elements.length} elements, and ${shapeText(shape)} needs ${count}`,
    );
  }
  try {
    return { type: info.type, shape, data: fromElements(info.type, elements) };
  } catch {
    throw mismatch(`tensors.${info.name}.value in model.json does not fit the input's type, ${info.type}`);
  }
}

function zeroTensor({ type }: TensorInfo, shape: readonly number[]): Tensor {
  return { type, shape, data: zeros(type, elementsOf(shape)) };
}

/** Undefined while an axis is free. */
function shapeOf(info: TensorInfo, { shape, value }: TensorInputSpec): readonly number[] | undefined {
  if (shape) return shape;
  if (!info.shape.includes(-1)) return info.shape;
  return Array.isArray(value) && info.shape.length === 1 ? [value.length] : undefined;
}

function requireSource(info: TensorInfo, from: string, outputs: readonly TensorInfo[]): void {
  const source = outputs.find(({ name }) => name === from);
  if (!source)
    throw mismatch(`tensors.${info.name}.from in model.json is "${from}"; the outputs are ${namesOf(outputs)}`);
  if (source.type !== info.type) {
    throw mismatch(
      `input "${info.name}" takes ${info.type}, but "${from}", where model.json takes it from, is ${source.type}`,
    );
  }
}

function fits(shape: readonly number[], wanted: readonly number[]): boolean {
  return shape.length === wanted.length && shape.every((side, axis) => wanted[axis] === -1 || wanted[axis] === side);
}

function namesOf(infos: readonly TensorInfo[]): string {
  return infos.map(({ name }) => `"${name}"`).join(', ');
}

function mismatch(message: string): Error {
  return visionErrors.error('model.interface-mismatch', message);
}
