import type { Baseline } from '#packages/drift';
import type { FileHashes, ModelManifest, Provider } from '#packages/model-package';
import type { KillerInput } from '../killer-inputs/killer-input.ts';
import type { Picture } from '../picture/picture.ts';
import type { Learned } from './cache/cache-record.ts';
import type { Fallback, Inference, NamedTensors, ProviderShares, TensorInfo } from '#packages/vision';

/** A model that was loaded, warmed and tested, in processes or threads of its own. The registry knows instances by this port only. */
export interface ModelInstance {
  readonly facts: InstanceFacts;
  /** Requests that run at once when all workers are well. */
  readonly capacity: number;
  /** Requests that it would take now. */
  readonly free: number;
  /** Whether the spare process or thread would take over now; undefined if the service wants none. */
  readonly spare: 'ready' | 'loading' | undefined;
  /** RAM that its processes take, in bytes; undefined for threads of the agent, and if the system does not tell. */
  readonly memoryBytes?: number | undefined;
  /** Inputs that ended a process of this package. */
  readonly killerInputs: readonly KillerInput[];
  /**
   * Runs one request. Bytes belong to the instance from here on; a file is the caller's to close after the answer.
   * @throws EdgeError of the image (`image.*`), of the model, `input.kills-model`, or `instance.*`
   */
  infer(picture: Picture, contentType?: string): Promise<Inference>;
  /**
   * Runs the model on tensors that the caller made; their memory belongs to the instance from here on.
   * @throws EdgeError `model.input-invalid`, `model.run-failed`, `instance.*`
   */
  inferTensors(feeds: TensorFeeds): Promise<TensorRun>;
  /** Calls back when `free` has grown without a request having ended: a worker came back. */
  onFree(listener: () => void): void;
  /** Calls back when a worker was lost, and why. */
  onFault(listener: (fault: InstanceFault) => void): void;
  /** Gives threads and memory back; requests still running are answered with `instance.ended`. Idempotent. */
  close(): Promise<void>;
}

/** Input tensors, all of them views of one piece of memory. */
export interface TensorFeeds {
  readonly tensors: NamedTensors;
  readonly memory: ArrayBuffer;
}

export interface TensorRun {
  readonly outputs: NamedTensors;
  /** Time that the model itself took. */
  readonly runMs: number;
}

/** Loads, warms up and tests, or throws the reason; on failure nothing is left behind. */
export type OpenInstance = (spec: InstanceSpec, watch: OpenWatch) => Promise<ModelInstance>;

export interface InstanceSpec {
  readonly packageDir: string;
  readonly packageHash: string;
  /** SHA-256 of each file of the package, as it was verified. */
  readonly hashes: FileHashes;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
  /** The package's baseline of pictures and answers; undefined if it does not have one. */
  readonly baseline?: Baseline | undefined;
  /** Key to the encrypted files of the package, in base64. */
  readonly dataKey?: string;
  readonly settings: InstanceSettings;
}

/** Where a model runs: walled off from the agent and every other model, or in the agent for the least memory. */
export type Isolation = 'process' | 'thread';

export interface InstanceSettings {
  readonly isolation: Isolation;
  /** The limit of RAM of a process of the model, in bytes; undefined for no bound. */
  readonly memoryLimitBytes?: number;
  /** Of its processes, on top of the agent's own: 0 to 19. */
  readonly niceness: number;
  /** CPU time that each of its processes may take, in cores; undefined for no bound. */
  readonly cpuCores?: number;
  /** Whether one more process or thread is kept loaded, to take over from one that is lost. */
  readonly spare: boolean;
  /** Whether inputs that ended a process are kept for the developer. */
  readonly keepKillerInputs: boolean;
  /** Ladder of execution providers. */
  readonly providers: readonly Provider[];
  readonly requireProvider: boolean;
  readonly workers: number;
  readonly intraOpThreads: number;
  /** Numbers of threads that are measured against each other, the preferred one first. */
  readonly threadsToTry: readonly number[];
  /** Whether each worker has a second thread that decodes the next image while the model runs. */
  readonly prepareAhead: boolean;
  /** Whether it prepares frames of cameras, too. */
  readonly prepareFrames: boolean;
  /** Images with more are refused; undefined for the default of the decoder. */
  readonly maxPixels?: number;
  readonly spinning: boolean;
  /** A worker whose request runs longer is replaced. */
  readonly stuckAfterMs: number;
  readonly loadTimeoutMs: number;
  /** Whether pictures are measured if the package has a baseline to compare them with. */
  readonly measurePictures: boolean;
  /** Whether the golden test decides. `off` leaves it out. */
  readonly golden: 'on' | 'off';
  /** Upper bound on a golden run besides the package's own; undefined for none. */
  readonly maxLatencyMs?: number;
}

export interface OpenWatch {
  readonly signal: AbortSignal;
  progress(step: OpenProgress): void;
  /** Whether what serves comes first until the model is open. Default: true. */
  readonly inBackground?: boolean;
  /** Waits until the model may load, then loads it. Work before that, e.g. the start of a process, does not need a turn. Default: at once. */
  turn?<T>(load: () => Promise<T>): Promise<T>;
}

export interface OpenProgress {
  readonly phase: 'load' | 'warm-up' | 'golden';
  readonly message: string;
}

export interface InstanceFacts {
  /** Execution provider that runs, and why those above it on the ladder do not. */
  readonly provider: Provider;
  readonly fallbacks: readonly Fallback[];
  /** Each provider's share of the graph; undefined if ONNX Runtime does not tell, as on the CPU. */
  readonly shares?: ProviderShares;
  /** File of the variant that runs. */
  readonly variant: string;
  /** Cores that work on one image together. */
  readonly intraOpThreads: number;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Fastest warm run of a golden input, decode included; undefined if none ran. */
  readonly latencyMs?: number;
  readonly loadMs: number;
  /** The confinement of the model's process, e.g. `full`, or the missing parts and why; undefined for a thread, which is not confined. */
  readonly confinement?: string;
  /** The findings of opening it, for the cache; only from the first worker. */
  readonly learned?: Learned;
  /** By what the process is held to its service's memory, CPU share and priority; undefined for a thread. */
  readonly limits?: string;
}

export interface InstanceFault {
  /** `killed`: by somebody outside, so that neither the model nor an input is to blame. */
  readonly reason: 'crashed' | 'stuck' | 'killed' | 'restart-failed';
  readonly message: string;
}
