import { preparationOf } from '#packages/model-package';
import type { InputSpec, OutputSpec, TensorInputs } from '#packages/model-package';

import { visionErrors } from './errors.ts';
import type { TensorInfo } from './loaded-model.ts';
import { openInputs } from './session/tensor-inputs.ts';

/**
 * Name of the input that images go to, after comparing model.json with the model. Undefined if a model of the `tensor` decoder
 * takes something else than one image.
 * @throws EdgeError `model.interface-mismatch` naming both sides
 */
export function checkInput(
  inputs: readonly TensorInfo[],
  spec: InputSpec,
  decoder: OutputSpec['decoder'],
  tensors: TensorInputs = {},
): string | undefined {
  const open = openInputs(inputs, tensors);
  const info =
    spec.name === undefined ? (open.length === 1 ? open[0] : undefined) : open.find((one) => one.name === spec.name);
  const problem = info ? problemOf(info, spec) : nameProblem(inputs, spec);
  if (problem === undefined && (open.length === 1 || decoder !== 'tensor')) return oneInput(open, info);
  if (decoder === 'tensor') return undefined;
  throw visionErrors.error('model.interface-mismatch', problem ?? 'the model cannot take images', {
    facts: { inputs, input: spec },
  });
}

function oneInput(inputs: readonly TensorInfo[], info: TensorInfo | undefined): string | undefined {
  if (inputs.length === 1) return info?.name;
  const others = inputs.filter((one) => one !== info).map((one) => `"${one.name}"`);
  throw visionErrors.error(
    'model.interface-mismatch',
    `the model has further inputs, ${others.join(', ')}; give each a value in "tensors" of model.json, or take the decoder "tensor"`,
    { facts: { inputs } },
  );
}

function nameProblem(inputs: readonly TensorInfo[], spec: InputSpec): string {
  const names = inputs.map((one) => `"${one.name}"`).join(', ');
  return spec.name === undefined
    ? `input.name is missing in model.json; the model has the inputs ${names}`
    : `the model does not have an input "${spec.name}" (input.name in model.json); it has ${names}`;
}

function problemOf(info: TensorInfo, spec: InputSpec): string | undefined {
  if (info.type !== spec.dtype)
    return `input "${info.name}" takes ${info.type}, but input.dtype in model.json is ${spec.dtype}`;
  const { layout, channels, width, height } = preparationOf(spec);
  const needed = layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
  const fits = info.shape.length === 4 && info.shape.every((side, axis) => side === -1 || side === needed[axis]);
  if (fits) return undefined;
  const [batch] = info.shape;
  if (batch !== undefined && batch > 1) {
    return `input "${info.name}" takes ${sidesOf(info.shape)}, ${batch} images at once, and the agent gives it one; export the model with a batch of 1, or one that is free`;
  }
  const color = 'color' in spec ? `color ${spec.color}` : `channels ${channels}`;
  return (
    `input "${info.name}" takes ${sidesOf(info.shape)}, but model.json describes ` +
    `${sidesOf(needed)} (layout ${layout}, ${color}, ${width ?? '?'}×${height ?? '?'})`
  );
}

/** A free side is -1 in the model, and undefined in model.json if it depends on the image. */
function sidesOf(shape: readonly (number | undefined)[]): string {
  return `[${shape.map((side) => (side === -1 ? '?' : (side ?? '?'))).join(', ')}]`;
}
