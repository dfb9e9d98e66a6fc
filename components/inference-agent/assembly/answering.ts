import { ArrayService } from '../invoke/array-service.ts';
import { InvokeService } from '../invoke/invoke-service.ts';
import { predictionJudge } from '../invoke/judge-predictions.ts';
import { SequenceStates } from '../invoke/sequence-states.ts';
import { TensorService } from '../invoke/tensor-service.ts';
import { OpenInference } from '../open-inference/open-inference.ts';
import type { AgentOptions } from './agent.ts';
import type { AgentStatus } from './agent-status.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface AnsweringParts {
  readonly serving: Serving;
  readonly watchers: Watchers;
  readonly status: AgentStatus;
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

export function answering({ buffers, clock }: AgentOptions, parts: AnsweringParts): Answering {
  const { serving, watchers, status } = parts;
  const { admission, registry, requests, aliasOf } = serving;
  const call = {
    admission,
    observe: watchers.answered,
    observeError: watchers.failed,
    judge: predictionJudge({
      anomalySensitivity: (name) => requests.service(name).anomalySensitivity,
      gallery: watchers.gallery,
    }),
  };
  const maxImageBytes = () => requests.maxImageBytes;
  const invoker = new InvokeService({
    ...call,
    buffers,
    maxImageBytes,
    imageFolders: (door) => requests.imageFolders(door),
    challengers: serving.challengers.challengers,
  });
  const tensors = new TensorService({ ...call, now: () => clock.monotonic() });
  const states = new SequenceStates(clock);
  return {
    invoker,
    tensors,
    states,
    arrays: new ArrayService({ tensors, states, registry, buffers, aliasOf, maxBytes: maxImageBytes }),
    openInference: new OpenInference({
      tensors,
      registry,
      buffers,
      states,
      aliasOf,
      isReady: () => status.isReady,
    }),
  };
}
