import type { OnnxModel, OnnxValue } from './read-onnx.ts';

export interface ProposedInput {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly layout: 'NCHW' | 'NHWC';
  readonly dtype: 'float32' | 'float16' | 'uint8';
  readonly color: 'RGB' | 'GRAY';
}

const USUAL_SIDE = 640;

/** The image input: the first of rank 4 with 1 or 3 channels. */
export function proposeInput(model: OnnxModel, note: (text: string) => void): ProposedInput {
  const image = model.inputs.find((input) => layoutOf(input) !== undefined) ?? model.inputs[0];
  const layout = (image && layoutOf(image)) ?? 'NCHW';
  const [channels, height, width] = layout === 'NCHW' ? [1, 2, 3] : [3, 1, 2];
  if (!image || layoutOf(image) === undefined) {
    note(
      `no input looks like an image ([1, 3, height, width] or [1, height, width, 3]); only \`inferTensors\` can feed this model`,
    );
  }
  if (model.inputs.length > 1)
    note(`the model has ${model.inputs.length} inputs; only models of one image are decoded`);
  const side = (axis: number, what: string): number => {
    const value = image?.shape[axis];
    if (typeof value === 'number' && value > 0) return value;
    note(
      `input.${what} is free in the model ("${value ?? '?'}"); ${USUAL_SIDE} is a guess, take what it was trained on`,
    );
    return USUAL_SIDE;
  };
  return {
    name: image?.name ?? '',
    width: side(width, 'width'),
    height: side(height, 'height'),
    layout,
    dtype: dtypeOf(image, note),
    color: image?.shape[channels] === 1 ? 'GRAY' : 'RGB',
  };
}

function layoutOf({ shape }: OnnxValue): 'NCHW' | 'NHWC' | undefined {
  if (shape.length !== 4) return undefined;
  if (shape[1] === 3 || shape[1] === 1) return 'NCHW';
  return shape[3] === 3 || shape[3] === 1 ? 'NHWC' : undefined;
}

function dtypeOf(image: OnnxValue | undefined, note: (text: string) => void): ProposedInput['dtype'] {
  const type = image?.type;
  if (type === 'float32' || type === 'float16' || type === 'uint8') return type;
  note(`input "${image?.name ?? ''}" takes ${type ?? 'nothing'}; float32, float16 and uint8 are supported`);
  return 'float32';
}
