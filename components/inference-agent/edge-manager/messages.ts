import type { AuxiliaryEncoding, CaptureDataType, CaptureStatus } from '../capture/capture.ts';

/** The messages of `agent.proto` as they are decoded: every field is there, enums by name, 64-bit numbers as numbers. */

/** An unknown number of the enum stays a number. */
export type DataType = CaptureDataType;

export interface TensorMetadata {
  readonly name: Uint8Array;
  readonly data_type: DataType | number;
  readonly shape: readonly number[];
}

interface SharedMemoryHandle {
  readonly size: number;
  readonly offset: number;
  readonly segment_id: number;
}

export interface TensorMessage {
  readonly tensor_metadata: TensorMetadata | null;
  readonly byte_data?: Uint8Array;
  readonly shared_memory_handle?: SharedMemoryHandle | null;
}

export interface ModelMessage {
  readonly url: string;
  readonly name: string;
  readonly input_tensor_metadatas: readonly TensorMetadata[];
  readonly output_tensor_metadatas: readonly TensorMetadata[];
  readonly handle: string;
}

/** How a call names its model. */
export interface ModelReference {
  readonly name: string;
  readonly handle: string;
}

export interface PredictRequest extends ModelReference {
  readonly tensors: readonly TensorMessage[];
}

export interface PredictResponse {
  readonly tensors: readonly TensorMessage[];
}

export interface LoadModelRequest extends ModelReference {
  readonly url: string;
}

export interface AuxiliaryData {
  readonly name: string;
  readonly encoding: AuxiliaryEncoding | number;
  readonly byte_data?: Uint8Array;
  readonly shared_memory_handle?: SharedMemoryHandle | null;
}

export interface CaptureDataRequest {
  readonly model_name: string;
  readonly model_handle: string;
  readonly capture_id: string;
  readonly inference_timestamp: { readonly seconds: number; readonly nanos: number } | null;
  readonly input_tensors: readonly TensorMessage[];
  readonly output_tensors: readonly TensorMessage[];
  readonly inputs: readonly AuxiliaryData[];
  readonly outputs: readonly AuxiliaryData[];
}

/** Request and answer of every call. */
export interface AgentCalls {
  readonly Predict: [PredictRequest, PredictResponse];
  readonly LoadModel: [LoadModelRequest, { readonly model: ModelMessage }];
  readonly UnLoadModel: [ModelReference, object];
  readonly ListModels: [object, { readonly models: readonly ModelMessage[] }];
  readonly DescribeModel: [ModelReference, { readonly model: ModelMessage }];
  readonly CaptureData: [CaptureDataRequest, object];
  readonly GetCaptureDataStatus: [{ readonly capture_id: string }, { readonly status: CaptureStatus }];
}

export type CallName = keyof AgentCalls;
