import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { buildOnnx } from '../../../components/inference-agent/vision/testing/onnx-builder.ts';
import type { GraphSpec } from '../../../components/inference-agent/vision/testing/onnx-builder.ts';

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
