/** The messages of `edge-agent.proto` as they are decoded: every field is there, enums by name, 64-bit numbers as numbers. */

export interface SharedMemoryHandle {
  readonly name: string;
  readonly size: number;
  readonly offset: number;
}

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly byte_data?: Uint8Array;
  readonly shared_memory_handle?: SharedMemoryHandle | null;
}

export interface ModelName {
  readonly model_component: string;
}

export interface DetectAnomaliesRequest extends ModelName {
  readonly bitmap: Bitmap | null;
  readonly anomaly_mask_params: { readonly shared_memory_handle: SharedMemoryHandle | null } | null;
}

interface AnomalyMessage {
  readonly name: string;
  readonly pixel_anomaly: { readonly total_percentage_area: number; readonly hex_color: string };
}

export interface DetectAnomalyResult {
  readonly is_anomalous: boolean;
  readonly confidence: number;
  readonly anomaly_score: number;
  readonly anomaly_threshold: number;
  readonly anomaly_mask?: Bitmap;
  readonly anomalies?: readonly AnomalyMessage[];
}

type Status = 'STOPPED' | 'STARTING' | 'RUNNING';

export interface ModelDescription extends ModelName {
  readonly lookout_vision_model_arn: string;
  readonly status: Status;
  readonly status_message: string;
}
