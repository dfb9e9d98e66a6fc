import { inputOf, preparationOf } from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';
import type { TensorInfo } from '#packages/vision';

import type { InstanceFacts } from '../../instance/model-instance.ts';
import type { TensorMetadata } from '../messages.ts';
import { DATA_TYPE_OF } from './data-types.ts';

export interface DescribedTensors {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/**
 * Descriptions of a model's tensors for clients. They copy name, type and shape into their next Predict, so shapes are concrete:
 * sides that the model leaves free are those of model.json; a first dimension that it does not give is the batch, 1. If a side stays unknown
 * the shape is empty.
 */
export function describeTensors(facts: InstanceFacts, manifest: ModelManifest): DescribedTensors {
  const image = imageShape(facts, manifest);
  return {
    inputs: facts.inputs.map((info) =>
      metadataOf(info, manifest.tensors[info.name]?.shape ?? (facts.inputs.length === 1 ? image : undefined)),
    ),
    outputs: facts.outputs.map((info) => metadataOf(info, undefined)),
  };
}

function metadataOf({ name, type, shape }: TensorInfo, known: readonly number[] | undefined): TensorMetadata {
  const sides = shape.map((side, axis) => (side >= 0 ? side : (known?.[axis] ?? (axis === 0 ? 1 : -1))));
  const concrete = sides.every((side) => side >= 0);
  return { name: Buffer.from(name), data_type: DATA_TYPE_OF[type], shape: concrete ? sides : [] };
}

/** Shape of the image that the package describes; undefined if it describes none, or another. */
function imageShape(facts: InstanceFacts, manifest: ModelManifest): readonly number[] | undefined {
  if (manifest.output.decoder === 'tensor') return undefined;
  const variant = manifest.variants.find(({ file }) => file === facts.variant) ?? manifest.variants[0];
  const spec = inputOf(manifest, variant);
  if (!spec) return undefined;
  const { layout, channels, width = -1, height = -1 } = preparationOf(spec);
  return layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
}
