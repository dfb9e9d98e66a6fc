import type { WireError } from '../../common/errors/edge-error.ts';
import type { ModelManifest, Provider } from '../model-package/schema.ts';
import type { Inference, NamedTensors } from '../vision/loaded-model.ts';
import type { GenerationFacts, OpenProgress, TensorRun } from './generation.ts';

/** What the main thread and a worker of a generation say to each other. */

/** `workerData` of a worker: all that it needs to load the model. */
export interface WorkerPlan {
  readonly packageDir: string;
  readonly packageHash: string;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
  /** Set for the second and later workers of a generation: what the first one found to be best. */
  readonly chosen?: { readonly file: string; readonly provider: Provider };
  readonly providers: readonly Provider[];
  readonly requireProvider: boolean;
  readonly intraOpThreads: number;
  readonly spinning: boolean;
  readonly golden: boolean;
  readonly maxLatencyMs?: number;
  /** Folder for optimised models and remembered choices. */
  readonly cacheDir?: string;
}

export type ToWorker =
  | {
      readonly kind: 'infer';
      readonly id: number;
      readonly image: Uint8Array<ArrayBuffer>;
      readonly contentType: string | undefined;
    }
  | { readonly kind: 'tensors'; readonly id: number; readonly tensors: NamedTensors; readonly memory: ArrayBuffer }
  | { readonly kind: 'close' };

/** With the answer the input's memory comes back, to be used again. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly step: OpenProgress }
  | { readonly kind: 'opened'; readonly facts: GenerationFacts }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly inference: Inference; readonly memory: ArrayBuffer }
  | { readonly kind: 'tensors-answer'; readonly id: number; readonly run: TensorRun; readonly memory: ArrayBuffer }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError; readonly memory: ArrayBuffer };
