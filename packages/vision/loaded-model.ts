import type { Clock } from '#packages/foundation';
import type { PlacedFrame } from '#packages/frames';
import type { ModelManifest, PackageFiles, Prediction, Provider, Timings, Variant } from '#packages/model-package';

import type { Placement } from './resize/geometry.ts';
import type { OptimizedCache, OptimizedModel } from './session/optimized-model.ts';

/** How to load one variant of a package. */
export interface LoadOptions {
  readonly variant: Variant;
  /** Ladder: tried in this order, the first that works is taken. */
  readonly providers: readonly Provider[];
  /** `true`: only the first of `providers` will do; a provider: only that one. Default false: step down the ladder. */
  readonly requireProvider?: boolean | Provider;
  /** Threads of one operator; 0 leaves it to ONNX Runtime. */
  readonly intraOpThreads: number;
  /** Whether idle threads spin: up to 10 % faster, half again the CPU under load with gaps. */
  readonly spinning: boolean;
  /** Optimized models made on this device; for packages whose hashes are known. Default: each load optimizes again. */
  readonly cache?: OptimizedCache;
  /**
   * Decode JPEGs 2, 4 or 8 times smaller where the model's input is still smaller: faster, and slightly other pixels than the
   * reference pipeline's. Default false. The anti-aliasing filters do it by themselves where it changes next to nothing.
   */
  readonly reducedDecode?: boolean;
  /** Images with more pixels are refused before decoding. Default 50 million. */
  readonly maxPixels?: number;
  /** Whether each picture is measured: see `PictureStatistics`. Default false. */
  readonly measurePictures?: boolean;
  /** Folder that only this process writes to, to measure how long each provider takes. Default: the scratch folder of `cache`, if it has one. */
  readonly profileIn?: string;
  /** Chips of this device that files may be compiled for. Default: those that the kernel tells of. */
  readonly targets?: () => readonly string[];
  /** Takes the time of a model's run and of its decoder. Default: the system's. */
  readonly clock?: Clock;
  /** Called with the outputs of each image before its predictions are returned. */
  readonly onRun?: (run: RawRun) => void;
}

/** Outputs of a run, and the decoder's first findings in them. */
export interface RawRun {
  readonly outputs: NamedTensors;
  /** Boxes that score high enough, before suppression, and those of them that have no area; 0 if the model is not a detector. */
  readonly candidates: number;
  readonly noArea: number;
}

/** The result of one request. */
export interface Inference {
  /** Size of the decoded, upright image in pixels; 0 × 0 of arrays. */
  readonly image: { readonly width: number; readonly height: number };
  readonly predictions: readonly Prediction[];
  /** Where the image lies in the model's input; undefined from test twins. */
  readonly placement?: Placement;
  readonly timings: Omit<Timings, 'queueMs'>;
  /** Only if the model was loaded to measure pictures. */
  readonly picture?: PictureStatistics;
  /** Only from classifiers: the scores of all classes, in model order. */
  readonly classScores?: Float32Array;
  /** Only from the `tensor` decoder, and for arrays: the model's outputs as they are. */
  readonly outputs?: NamedTensors;
}

/** Describes a picture in a few numbers, as the model sees it. */
export interface PictureStatistics {
  /** Mean brightness, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the brightness over its mean. Source: Peli, Contrast in complex images, JOSA A 7 (1990). */
  readonly contrast: number;
  /**
   * Root mean square of the discrete Laplacian over the standard deviation, so that light and contrast take no part in it. Source:
   * Pech-Pacheco and others, Diatom autofocusing in brightfield microscopy: a comparative study, ICPR (2000), for its variance.
   */
  readonly sharpness: number;
  /** Brightness of 8 × 6 parts of the picture, row by row, 0 to 255. */
  readonly layout: Uint8Array;
}

/** An image that has become an input tensor, on this thread or another. */
export interface PreparedImage {
  /** Size of the decoded, upright image in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** Where the image lies in the tensor. */
  readonly placement: Placement;
  readonly feed: Tensor;
  readonly decodeMs: number;
  readonly preprocessMs: number;
}

export type TensorType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'bool'
  | 'string';

/** Row-major elements; float16 as raw bits in a `Uint16Array`, bool as one byte each, strings as `packStrings` puts them. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

export interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  /** A free dimension is -1. */
  readonly shape: readonly number[];
}

/** A rung of the ladder that was not taken, and why. */
export interface Fallback {
  readonly provider: Provider;
  readonly reason: string;
}

/** One execution provider's share of a model. */
export interface ProviderShare {
  /** Nodes of the optimized graph. */
  readonly nodes: number;
  /** Its part of one warm run, in milliseconds; copies and waiting are the accelerator's. Absent if nobody measured. */
  readonly runMs?: number;
}

/** By provider. */
export type ProviderShares = Readonly<Record<string, ProviderShare>>;

/** A model that answers. Calls run one after the other; give each worker its own. */
export interface LoadedModel {
  readonly provider: Provider;
  readonly fallbacks: readonly Fallback[];
  /** Each provider's share of the graph; undefined if ONNX Runtime does not tell, as on the CPU. */
  readonly shares?: ProviderShares;
  /** The use of the cache of optimized models: `off`, `reused`, `made`, or `failed` to be written. */
  readonly optimized: 'off' | 'reused' | 'made' | 'failed';
  /** The optimized model that was reused or made. */
  readonly optimizedModel?: OptimizedModel;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Decodes, resizes, runs and decodes the outputs. `contentType` is a hint: the bytes decide what the image is. Models that do not
   * take one image get a file of arrays, .npz or .npy, and give their outputs.
   * The signal is looked at between the steps; a step that has begun ends.
   */
  infer(image: Uint8Array, contentType?: string, signal?: AbortSignal): Promise<Inference>;
  /**
   * As `infer`, for a frame of a camera that lies in a ring.
   * @throws EdgeError `frames.stale` too
   */
  inferFrame(frame: PlacedFrame, signal?: AbortSignal): Promise<Inference>;
  /** The second half of `infer`, for an image that an `ImagePreparer` of the same input has prepared. */
  inferPrepared(prepared: PreparedImage): Promise<Inference>;
  /** Runs the model on tensors that the caller made; inputs that model.json gives a value or a state may be missing. */
  inferTensors(feeds: NamedTensors, signal?: AbortSignal): Promise<NamedTensors>;
  /**
   * Runs once on an empty input, so that the first request does not pay for what the runtime puts off until then. False if it
   * could not: the model leaves sizes free that model.json does not give.
   */
  warmUp(): Promise<boolean>;
  /** Gives the session's memory back; idempotent. */
  close(): Promise<void>;
}

/**
 * Loads one variant from bytes that are read once and verified; `load-model.ts` exports `loadModel` of this type. `labels` may be empty: the class id then serves as label.
 * @throws EdgeError `model.file-missing`, `model.unreadable`, `model.interface-mismatch`, `model.provider-unavailable`, `package.changed`
 */
export type LoadModel = (
  files: PackageFiles,
  manifest: ModelManifest,
  labels: readonly string[],
  options: LoadOptions,
) => Promise<LoadedModel>;
