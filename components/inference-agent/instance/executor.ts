import type { Inference } from '#packages/vision';
import type { Clock, EdgeError } from '#packages/foundation';
import type { Picture } from '../picture/picture.ts';
import type { InstanceFacts, OpenProgress, TensorFeeds, TensorRun } from './model-instance.ts';
import type { Preparing, WorkerPlan } from './protocol.ts';

/**
 * One loaded model that runs one request at a time and, if wanted, prepares the next image meanwhile: a process of its own, or a
 * thread of the agent. A model instance is one or more of them.
 */
export interface Executor {
  readonly facts: InstanceFacts;
  /** Requests that it takes at once. */
  readonly capacity: 1 | 2;
  /** Requests that it would take now. */
  readonly free: number;
  /** RAM that it takes, in bytes; undefined for a thread of the agent, and if the system does not tell. */
  readonly memoryBytes?: number | undefined;
  /** Resolves with the reason when it ends by itself or is given up; never after `close`. */
  readonly lost: Promise<EdgeError>;
  /** Resolves when it has really ended. */
  readonly exited: Promise<void>;
  /** @throws EdgeError `instance.*`, and what the model says of the image */
  infer(picture: Picture, contentType?: string): Promise<Inference>;
  /** @throws EdgeError `instance.*`, and what the model says of the tensors */
  inferTensors(feeds: TensorFeeds): Promise<TensorRun>;
  /** Gives everything back, once what it does is done; does not wait forever. Idempotent. */
  close(): Promise<void>;
}

export interface ExecutorOptions {
  readonly plan: WorkerPlan;
  /** Input of the variant that was opened, if the next image is to be prepared while the model runs. */
  readonly prepareAhead?: (facts: InstanceFacts) => Preparing;
  /** As in `InstanceSettings`. */
  readonly prepareFrames: boolean;
  readonly clock: Clock;
  readonly loadTimeoutMs: number;
  readonly stuckAfterMs: number;
  /** The model's limit of RAM, in bytes; undefined for no bound. Only a process can be held to it. */
  readonly memoryLimitBytes?: number;
  /** On top of the agent's own, 0 to 19. Only a process can have it. */
  readonly niceness: number;
  /** CPU time that the model may take, in cores; undefined for no bound. Only a process with a control group is held to it. */
  readonly cpuCores?: number;
  /** Whether whatever serves comes first until the model is open. */
  readonly inBackground: boolean;
  readonly signal: AbortSignal;
  progress(step: OpenProgress): void;
  /** As in `OpenWatch`. */
  turn<T>(load: () => Promise<T>): Promise<T>;
}

/**
 * Starts an executor and waits until its model is loaded, warm and tested.
 * @throws EdgeError of the model, `instance.start-failed`, `instance.start-timeout`; the signal's reason when aborted
 */
export type OpenExecutor = (options: ExecutorOptions) => Promise<Executor>;
