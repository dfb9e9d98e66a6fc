import type { OnnxModel } from './read-onnx.ts';

/** Operators that hand classes on as they are; of `Gather`, `Pad` and `Slice` the first input is the data. */
const HANDS_ON = new Set([
  'Cast',
  'Concat',
  'Gather',
  'GatherND',
  'Identity',
  'Pad',
  'Reshape',
  'Slice',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/**
 * Whether the classes of a detector that ends in suppression are the columns of its scores, counted from 0: from the output back to the
 * suppression nothing is added. TensorFlow's detection API adds 1 for the background, its TFLite post-processing does not. Undefined if
 * the graph is another.
 */
export function countsFromZero({ nodes }: OnnxModel, classes: string): boolean | undefined {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  let at = classes;
  for (let steps = 0; steps < nodes.length; steps++) {
    const node = makers.get(at);
    if (!node) return undefined;
    if (node.op === 'NonMaxSuppression') return true;
    if (node.op === 'Add') return false;
    if (!HANDS_ON.has(node.op)) return undefined;
    at = node.inputs[0] ?? '';
  }
  return undefined;
}
