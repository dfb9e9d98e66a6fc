import type { MessagePort } from 'node:worker_threads';
import type { FileHashes, InputSpec, ModelManifest, Provider } from '#packages/model-package';
import type { Inference, NamedTensors, PreparedImage } from '#packages/vision';
import type { WireError } from '#packages/foundation';
import type { Learned } from './cache/cache-record.ts';
import type { InstanceFacts, OpenProgress, TensorRun } from './model-instance.ts';
import type { LoadedPicture } from '../picture/picture.ts';

/** Messages between the main thread and a worker of an instance. */

/** `workerData` of a worker: all that it needs to load the model. */
export interface WorkerPlan {
  readonly packageDir: string;
  readonly packageHash: string;
  /** SHA-256 of each file, as it was verified: nothing else is loaded. */
  readonly hashes: FileHashes;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
  /** Key to the encrypted files of the package, in base64. */
  readonly dataKey?: string;
  /** Set for the second and later workers of a instance: what the first one found to be best. */
  readonly chosen?: { readonly file: string; readonly provider: Provider; readonly intraOpThreads: number };
  readonly providers: readonly Provider[];
  readonly requireProvider: boolean;
  readonly threadsToTry: readonly number[];
  readonly maxPixels?: number;
  readonly spinning: boolean;
  readonly golden: boolean;
  /** Whether each picture is measured, for the search of drift. */
  readonly measurePictures: boolean;
  readonly maxLatencyMs?: number;
  /** `folder`: where an optimized model lies that can be trusted; `scratch`: where this worker, and no other, may make one. */
  readonly cache?: { readonly folder: string; readonly known?: Learned; readonly scratch?: string };
}

export type ToWorker =
  | {
      readonly kind: 'infer';
      readonly id: number;
      readonly picture: LoadedPicture;
      readonly contentType: string | undefined;
    }
  | { readonly kind: 'tensors'; readonly id: number; readonly tensors: NamedTensors; readonly memory: ArrayBuffer }
  /** The other end is the thread that prepares images for this one. */
  | { readonly kind: 'preparer'; readonly port: MessagePort }
  | { readonly kind: 'close' };

/** With the answer the input's memory comes back, to be used again; that of a prepared image has come back before. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly step: OpenProgress }
  | { readonly kind: 'opened'; readonly facts: InstanceFacts }
  | { readonly kind: 'failed'; readonly error: WireError }
  | { readonly kind: 'answer'; readonly id: number; readonly inference: Inference; readonly memory?: ArrayBuffer }
  | { readonly kind: 'tensors-answer'; readonly id: number; readonly run: TensorRun; readonly memory: ArrayBuffer }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError; readonly memory?: ArrayBuffer };

/** How images are prepared beside the model. */
export interface Preparing {
  readonly input: InputSpec;
  readonly maxPixels?: number;
}

/** `workerData` of the thread that prepares the next image while the model runs. */
export interface PreparerPlan extends Preparing {
  /** The other end is the model's thread. */
  readonly runner: MessagePort;
}

export type ToPreparer =
  { readonly kind: 'prepare'; readonly id: number; readonly picture: LoadedPicture } | { readonly kind: 'close' };

export type FromPreparer =
  /** The image is a tensor now and on its way to the model's thread. */
  | { readonly kind: 'handed'; readonly id: number; readonly memory?: ArrayBuffer }
  | { readonly kind: 'refused'; readonly id: number; readonly error: WireError; readonly memory?: ArrayBuffer };

/** From the preparer to the model's thread. */
export interface PreparedMessage {
  readonly id: number;
  readonly prepared: PreparedImage;
}

/** From the model's thread to the preparer: the tensor has been used. */
export interface SpentMessage {
  readonly memory: ArrayBuffer;
}
