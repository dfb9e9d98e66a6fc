/** One line of a capture file, event version 0: what the readers of the old agent's files expect. */
export interface CaptureEvent {
  readonly deviceFleetInputs: readonly CaptureEntry[];
  readonly deviceFleetOutputs: readonly CaptureEntry[];
  readonly deviceFleetAuxiliaryInputs: readonly CaptureEntry[];
  readonly deviceFleetAuxiliaryOutputs: readonly CaptureEntry[];
  readonly eventMetadata: {
    readonly deviceFleetName: string;
    readonly deviceId: string;
    /** The capture_id. */
    readonly eventId: string;
    /** `2023-05-31T20:05:24`, UTC. */
    readonly inferenceTime: string;
    readonly modelName: string;
    readonly modelVersion: string;
  };
  readonly eventVersion: '0';
}

/** One tensor or piece of auxiliary data, with exactly one of `data` and `data-ref`. */
export interface CaptureEntry {
  readonly name: string;
  readonly mode: 'Input' | 'Output';
  /** Of `data`, or of the content of the file. */
  readonly encoding: 'BASE64' | 'NONE' | 'JSON' | 'CSV';
  /** `Tensor[FLOAT32; 1, 3, 224, 224]`, or what the auxiliary data are: `jpg`. */
  readonly observedContentType: string;
  readonly data?: string;
  /** `file:///…` or `s3://…` */
  readonly 'data-ref'?: string;
}

export const ENTRY_LISTS = [
  'deviceFleetInputs',
  'deviceFleetOutputs',
  'deviceFleetAuxiliaryInputs',
  'deviceFleetAuxiliaryOutputs',
] as const satisfies readonly (keyof CaptureEvent)[];
