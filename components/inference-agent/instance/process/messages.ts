import type { WireError } from '#packages/foundation';
import type { PlacedFrame } from '#packages/frames';
import type { OpenProgress } from '../model-instance.ts';
import type { Preparing, WorkerPlan } from '../protocol.ts';
import type { FileReference } from './file-doors.ts';
import type { SlotReference } from './input-slots.ts';
import type { TensorHead } from './tensor-blobs.ts';

/** Descriptors of the child, by their place in its `stdio`. */
export const CHILD_FD = { runner: 3, preparer: 4, slots: 5, runnerFiles: 6, preparerFiles: 7 } as const;

/** By which ways, besides the sockets, inputs come. */
export interface ChildHas {
  readonly slots: boolean;
  readonly files: boolean;
}

/**
 * Heads of the messages that the agent sends to the process of a model. An input without `at`, `file` or
 * `frame` is the message's blob.
 */
export type ToProcess =
  | {
      readonly kind: 'open';
      readonly plan: WorkerPlan;
      readonly parentPid: number;
      readonly has: ChildHas;
      readonly memoryLimitBytes?: number;
    }
  /** Start the thread that prepares images, which listens on its own socket. */
  | ({ readonly kind: 'preparer' } & Preparing)
  | {
      readonly kind: 'infer';
      readonly id: number;
      readonly contentType?: string;
      readonly at?: SlotReference;
      readonly file?: FileReference;
      readonly frame?: PlacedFrame;
    }
  | {
      readonly kind: 'tensors';
      readonly id: number;
      readonly tensors: readonly TensorHead[];
      readonly at?: SlotReference;
    };

/** To the thread that prepares images. */
export interface ToPreparerOfProcess {
  readonly kind: 'prepare';
  readonly id: number;
  readonly at?: SlotReference;
  readonly file?: FileReference;
  readonly frame?: PlacedFrame;
}

/** Heads of what comes back. The agent believes none of it before `read-answers.ts` has looked at it. */
export type FromProcess =
  | { readonly kind: 'progress'; readonly step: OpenProgress }
  | { readonly kind: 'opened'; readonly facts: unknown }
  | { readonly kind: 'failed'; readonly error: WireError }
  /** The blob: scores of all classes as float32 (`scores` bytes), then the tensors. */
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly inference: unknown;
      readonly scores?: number;
      readonly outputs?: readonly TensorHead[];
    }
  | {
      readonly kind: 'tensors-answer';
      readonly id: number;
      readonly runMs: number;
      readonly outputs: readonly TensorHead[];
    }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

export type FromPreparerOfProcess =
  /** The thread takes images from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'handed'; readonly id: number }
  | { readonly kind: 'refused'; readonly id: number; readonly error: WireError };

/** A frame to the child carries at most an image and its words; what comes back may be the raw outputs of a large model. */
export const FRAME_LIMITS = { headBytes: 16 * 1024 * 1024, blobBytes: 1024 * 1024 * 1024 } as const;
