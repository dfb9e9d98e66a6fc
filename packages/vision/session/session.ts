import type { Provider } from '#packages/model-package';
import type { NamedTensors, TensorInfo } from '../loaded-model.ts';
import type { ModelSource } from './model-source.ts';
import type { OptimizedCache, OptimizedModel } from './optimized-model.ts';

/** A model in memory on one provider. Its user makes one call at a time. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** The use of the cache of optimized models. */
  readonly optimized: Optimized;
  /** The one that was used or made. */
  readonly optimizedModel?: OptimizedModel;
  /** How many nodes of the optimized graph each execution provider runs; undefined if the runtime does not tell. */
  readonly nodesByProvider?: NodesByProvider;
  /** Ends the measuring that `profileIn` has asked for; undefined if nothing was measured. */
  endProfile?(): Promise<RunTimes | undefined>;
  run(feeds: NamedTensors, fetches: readonly string[]): Promise<NamedTensors>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Under our names of the providers; one that we do not know has ONNX Runtime's. */
export type NodesByProvider = Readonly<Record<string, number>>;

/** Of the last run, in milliseconds. */
export interface RunTimes {
  readonly wholeMs: number;
  /** Nodes on the CPU; the rest is the accelerator's, copies and waiting included. */
  readonly cpuMs: number;
  /** Nodes that ran; a part of the graph that a provider has compiled is one. */
  readonly nodes: NodesByProvider;
}

/** `off`: not used; `reused`: loaded from it; `made`: written to it; `failed`: could not be written, the model runs all the same. */
export type Optimized = 'off' | 'reused' | 'made' | 'failed';

export interface SessionOptions {
  /** 0 leaves it to the runtime. */
  readonly intraOpThreads: number;
  readonly spinning: boolean;
  /** Default: every load optimizes again. */
  readonly cache?: OptimizedCache;
  /** Folder that only this process writes to, for a file that is there while nodes are measured. Default: they are not. */
  readonly profileIn?: string;
}

/** One build of ONNX Runtime. */
export interface Runtime {
  /** Undefined if the provider may be tried, else why it cannot work on this machine and what to install. */
  whyUnavailable(provider: Provider): string | undefined;
  /** Throws what the runtime throws. */
  open(source: ModelSource, provider: Provider, options: SessionOptions): Promise<Session>;
}
