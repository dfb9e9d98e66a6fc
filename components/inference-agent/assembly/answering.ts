import type { Clock } from '#packages/foundation';
import type { Admission } from '../admission/admission.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { GalleryBook } from '../gallery/gallery-book.ts';
import { ArrayService } from '../invoke/array-service.ts';
import { InvokeService } from '../invoke/invoke-service.ts';
import type { InvokePorts } from '../invoke/invoke-service.ts';
import { predictionJudge } from '../invoke/judge-predictions.ts';
import type { ObservedRun, SeenPicture } from '../invoke/observed-run.ts';
import { SequenceStates } from '../invoke/sequence-states.ts';
import { TensorService } from '../invoke/tensor-service.ts';
import { OpenInference } from '../open-inference/open-inference.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { RequestSettings } from '../settings/request-settings.ts';

export interface AnsweringPorts {
  readonly admission: Admission<ServingModel>;
  readonly registry: ModelRegistry;
  readonly requests: RequestSettings;
  readonly gallery: GalleryBook;
  readonly challengers: InvokePorts['challengers'];
  readonly buffers: BufferPool;
  readonly observe: (name: string, run: ObservedRun, seen?: SeenPicture) => void;
  readonly observeError: (name: string, thrown: unknown) => void;
  readonly isReady: () => boolean;
  readonly clock: Clock;
}

/** The services that answer requests, in all forms that those take. */
export interface Answering {
  /** Pictures. */
  readonly invoker: InvokeService;
  /** Tensors, as gRPC and Open Inference Protocol bring them. */
  readonly tensors: TensorService;
  /** Arrays in files. */
  readonly arrays: ArrayService;
  /** The state that callers carry from call to call. */
  readonly states: SequenceStates;
  readonly openInference: OpenInference;
}

export function answering(ports: AnsweringPorts): Answering {
  const { admission, registry, requests, gallery, challengers, buffers, observe, observeError, isReady, clock } = ports;
  const aliasOf = (name: string): string => requests.service(name).alias;
  const judge = predictionJudge({
    anomalySensitivity: (name) => requests.service(name).anomalySensitivity,
    gallery,
  });
  const call = { admission, observe, observeError, judge };
  const invoker = new InvokeService({
    ...call,
    buffers,
    maxImageBytes: () => requests.maxImageBytes,
    imageFolders: (door) => requests.imageFolders(door),
    challengers,
  });
  const tensors = new TensorService({ ...call, now: () => clock.monotonic() });
  const states = new SequenceStates(clock);
  return {
    invoker,
    tensors,
    states,
    arrays: new ArrayService({ tensors, states, registry, buffers, aliasOf, maxBytes: () => requests.maxImageBytes }),
    openInference: new OpenInference({ tensors, registry, buffers, states, aliasOf, isReady }),
  };
}
