import { ELEMENT_BYTES } from '../../capture/capture.ts';
import type { Capture, CapturedAuxiliary, CapturedTensor, CaptureStatus } from '../../capture/capture.ts';
import type { ServedModel } from '../../registry/alias-state.ts';
import { agentErrors } from '../../errors.ts';
import type { AuxiliaryData, CaptureDataRequest, DataType, TensorMessage, TensorMetadata } from '../messages.ts';
import type { ModelNames } from '../model-names.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { elementsOf } from '#packages/vision';
import { describeTensors } from '../tensors/describe-model.ts';
import { bytesOf } from '../tensors/tensor-source.ts';

export interface CapturePorts {
  readonly capture: Capture;
  readonly names: ModelNames;
  readonly sharedMemory: SharedMemory;
  readonly served: (alias: string) => ServedModel | undefined;
}

/** @throws EdgeError `capture.*`, `edge-manager.*`, `shared-memory.*` */
export async function captureData(ports: CapturePorts, request: CaptureDataRequest): Promise<object> {
  const { capture, names, sharedMemory, served } = ports;
  const alias = names.aliasOf({ name: request.model_name, handle: request.model_handle });
  const model = served(alias)?.serving;
  const known = model ? describeTensors(model.instance.facts, model.spec.manifest) : undefined;
  const timestamp = millisecondsOf(request.inference_timestamp);
  const auxiliary = (data: AuxiliaryData): CapturedAuxiliary => auxiliaryOf(data, sharedMemory);
  await capture.accept({
    modelName: alias,
    captureId: request.capture_id,
    ...(timestamp === undefined ? {} : { inferenceTimestamp: timestamp }),
    inputs: request.input_tensors.map((tensor, index) => tensorOf(tensor, known?.inputs[index], sharedMemory)),
    outputs: request.output_tensors.map((tensor, index) => tensorOf(tensor, known?.outputs[index], sharedMemory)),
    inputsAuxiliary: request.inputs.map(auxiliary),
    outputsAuxiliary: request.outputs.map(auxiliary),
  });
  return {};
}

/** @throws EdgeError `capture.unknown-id` */
export function captureStatus({ capture }: CapturePorts, captureId: string): { readonly status: CaptureStatus } {
  return { status: capture.status(undefined, captureId) };
}

/** Tensors need not be the model's own; what is sent without metadata is taken for the model's tensor at its place. */
function tensorOf(
  message: TensorMessage,
  atPlace: TensorMetadata | undefined,
  sharedMemory: SharedMemory,
): CapturedTensor {
  const metadata = message.tensor_metadata ?? atPlace;
  if (!metadata) {
    const reason = 'a tensor has no tensor_metadata, and the model no tensor at its place';
    throw agentErrors.error('edge-manager.tensor-invalid', reason);
  }
  const name = Buffer.from(metadata.name).toString();
  const dataType = knownType(metadata.data_type, name);
  const { shape } = metadata;
  // The port judges shapes and sizes; what a segment is asked for must be a size all the same.
  const bytes = ELEMENT_BYTES[dataType] * elementsOf(shape.map((side) => Math.max(0, side)));
  return { name, dataType, shape, data: bytesOf(message, sharedMemory, bytes) };
}

function auxiliaryOf(message: AuxiliaryData, sharedMemory: SharedMemory): CapturedAuxiliary {
  const { name, encoding } = message;
  if (typeof encoding === 'number') {
    const reason = `the auxiliary data "${name}" have the unknown encoding ${encoding}`;
    throw agentErrors.error('edge-manager.tensor-invalid', reason);
  }
  return { name, encoding, data: bytesOf(message, sharedMemory, undefined) };
}

function knownType(type: DataType | number, name: string): DataType {
  if (typeof type === 'string') return type;
  throw agentErrors.error('edge-manager.tensor-invalid', `the tensor "${name}" has the unknown data type ${type}`);
}

/** A timestamp with nothing in it is none: stubs fill in empty messages. */
function millisecondsOf(timestamp: CaptureDataRequest['inference_timestamp']): number | undefined {
  if (!timestamp || (timestamp.seconds === 0 && timestamp.nanos === 0)) return undefined;
  return timestamp.seconds * 1_000 + timestamp.nanos / 1e6;
}
