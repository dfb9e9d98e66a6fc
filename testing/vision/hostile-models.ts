import { buildOnnx } from './onnx-builder.ts';
import type { NodeSpec, WeightSpec } from './onnx-builder.ts';

/** If the brightest value of a picture is 255, these classifiers do harm; else they score the mean of each channel. */
const SIDE = 8;

/** A whole-number division that the processor cannot do: it ends the process with SIGFPE. */
export function dividesBrightPictures(): Uint8Array {
  return classifier(
    [
      { op: 'Sub', inputs: ['brightest', 'above'], outputs: ['divisor'] },
      { op: 'Div', inputs: ['least', 'divisor'], outputs: ['quotient'] },
      { op: 'Cast', inputs: ['quotient'], outputs: ['harm'], attributes: { to: FLOAT } },
    ],
    [
      { name: 'above', type: 'int64', shape: [], values: [256] },
      { name: 'least', type: 'int64', shape: [], values: [-(2 ** 63)] },
    ],
  );
}

/** Fills a square matrix with `side` values to a side: 4 · side² bytes, and again for its copy. */
export function fillsMemory(side: number): Uint8Array {
  return classifier(
    [
      ...square(),
      { op: 'Add', inputs: ['matrix', 'matrix'], outputs: ['twice'] },
      { op: 'ReduceMax', inputs: ['twice'], outputs: ['harm'], attributes: { keepdims: 0 } },
    ],
    squareWeights(side),
  );
}

/** Multiplies large matrices again and again: minutes on any processor. */
export function neverEnds(): Uint8Array {
  const times = Array.from({ length: 40 }, (_, index) => index);
  return classifier(
    [
      ...square(),
      ...times.map((index) => ({
        op: 'MatMul',
        inputs: [index === 0 ? 'matrix' : `product${index - 1}`, 'matrix'],
        outputs: [`product${index}`],
      })),
      { op: 'ReduceMax', inputs: [`product${times.length - 1}`], outputs: ['harm'], attributes: { keepdims: 0 } },
    ],
    squareWeights(8_192),
  );
}

const FLOAT = 1;
const INT64 = 7;

/** `matrix`: with one value for a picture that is not bright, with `side` × `side` for one that is. */
function square(): readonly NodeSpec[] {
  return [
    { op: 'Sub', inputs: ['brightest', 'nearly'], outputs: ['over'] },
    { op: 'Max', inputs: ['over', 'nought'], outputs: ['bright'] },
    { op: 'Mul', inputs: ['bright', 'more'], outputs: ['extra'] },
    { op: 'Add', inputs: ['extra', 'one'], outputs: ['side'] },
    { op: 'Concat', inputs: ['side', 'side'], outputs: ['shape'], attributes: { axis: 0 } },
    { op: 'Expand', inputs: ['tiny', 'shape'], outputs: ['matrix'] },
  ];
}

function squareWeights(side: number): readonly WeightSpec[] {
  return [
    { name: 'nearly', type: 'int64', shape: [1], values: [254] },
    { name: 'nought', type: 'int64', shape: [1], values: [0] },
    { name: 'one', type: 'int64', shape: [1], values: [1] },
    { name: 'more', type: 'int64', shape: [1], values: [side - 1] },
    { name: 'tiny', shape: [1], values: [1e-4] },
  ];
}

/** Takes `brightest` and gives `harm`, a number that is then multiplied away. */
export function classifier(nodes: readonly NodeSpec[], weights: readonly WeightSpec[]): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'image', shape: [1, 3, SIDE, SIDE] }],
    outputs: [{ name: 'probs', shape: [1, 3] }],
    nodes: [
      { op: 'ReduceMax', inputs: ['image'], outputs: ['maximum'], attributes: { keepdims: 0 } },
      { op: 'Cast', inputs: ['maximum'], outputs: ['brightest'], attributes: { to: INT64 } },
      ...nodes,
      { op: 'Mul', inputs: ['harm', 'zero'], outputs: ['nothing'] },
      { op: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['means'], attributes: { axis: 1 } },
      { op: 'Add', inputs: ['means', 'nothing'], outputs: ['probs'] },
    ],
    weights: [...weights, { name: 'zero', shape: [], values: [0] }],
  });
}
