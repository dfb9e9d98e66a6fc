import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { buildOnnx } from '../vision/onnx-builder.ts';
import type { GraphSpec } from '../vision/onnx-builder.ts';

/** A folder as Edge Manager's packages are: one model and `sagemaker_edge_manifest`. */
export async function bareModel(folder: string, graph: GraphSpec | Uint8Array, name = 'Parts'): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.onnx'), graph instanceof Uint8Array ? graph : buildOnnx(graph));
  const manifest = { metadata: { model_name: name, model_version: '1.0' } };
  await writeFile(path.join(folder, 'sagemaker_edge_manifest'), JSON.stringify(manifest));
  return folder;
}

type ElementType = NonNullable<GraphSpec['inputs'][number]['type']>;

/** Gives its input back, whatever the elements are. */
export function identity(type: ElementType, shape: readonly (number | string)[], input = 'input'): GraphSpec {
  return {
    inputs: [{ name: input, type, shape }],
    outputs: [{ name: 'output', type, shape }],
    nodes: [{ op: 'Identity', inputs: [input], outputs: ['output'] }],
  };
}

/** Adds a number to the one that it takes. */
export function adder(addend: number): GraphSpec {
  return {
    inputs: [{ name: 'input', shape: [1] }],
    outputs: [{ name: 'output', shape: [1] }],
    nodes: [{ op: 'Add', inputs: ['input', 'addend'], outputs: ['output'] }],
    weights: [{ name: 'addend', shape: [1], values: [addend] }],
  };
}

/** Takes one number and some tenths of a second: products of matrices of 512 × 512 made from it. */
export function slowModel(products = 8): GraphSpec {
  const names = Array.from({ length: products }, (_, n) => `product${n}`);
  return {
    inputs: [{ name: 'input', shape: [1] }],
    outputs: [{ name: 'output', shape: [1] }],
    nodes: [
      { op: 'Mul', inputs: ['input', 'small'], outputs: ['scaled'] },
      { op: 'Expand', inputs: ['scaled', 'square'], outputs: ['matrix'] },
      ...names.map((name, n) => ({
        op: 'MatMul',
        inputs: [n === 0 ? 'matrix' : names[n - 1]!, 'matrix'],
        outputs: [name],
      })),
      { op: 'ReduceMax', inputs: [names.at(-1)!], outputs: ['largest'], attributes: { keepdims: 0 } },
      { op: 'Reshape', inputs: ['largest', 'one'], outputs: ['output'] },
    ],
    weights: [
      { name: 'small', shape: [1], values: [1e-4] },
      { name: 'square', type: 'int64', shape: [2], values: [512, 512] },
      { name: 'one', type: 'int64', shape: [1], values: [1] },
    ],
  };
}
