import type { Timings } from '#packages/model-package';
import { openInputs, shapeText } from '#packages/vision';

import type { BufferPool } from '../../buffers/buffer-pool.ts';
import type { SequenceStates, SequenceStep } from '../../invoke/sequence-states.ts';
import type { TensorService } from '../../invoke/tensor-service.ts';
import type { PredictRequest, PredictResponse } from '../messages.ts';
import type { ModelNames } from '../model-names.ts';
import type { SharedMemory } from '../shared-memory/shared-memory.ts';
import { answerTensors } from '../tensors/answer-tensors.ts';
import { bindTensors } from '../tensors/bind-tensors.ts';
import type { OtherShape } from '../tensors/bind-tensors.ts';
import type { OpenPredicts } from './open-predicts.ts';

export interface PredictPorts {
  readonly tensors: TensorService;
  readonly states: SequenceStates;
  readonly names: ModelNames;
  readonly predicts: OpenPredicts;
  readonly buffers: BufferPool;
  readonly sharedMemory: SharedMemory;
}

export interface PredictCaller {
  /** Milliseconds from now; undefined if the client waits as long as it takes. */
  readonly deadlineMs: number | undefined;
  onCancelled(listener: () => void): void;
  /** Of the client's metadata: its call continues with the state that the one before has left. */
  readonly step: SequenceStep | undefined;
  readonly tellTimings: (timings: Timings) => void;
  /** Warns of something about a model, once per client. */
  readonly warnOnce: (event: string, model: string, facts: object) => void;
}

/** @throws EdgeError `edge-manager.*`, `shared-memory.*`, `model.*`, `admission.*`, `instance.*` */
export async function predict(
  ports: PredictPorts,
  request: PredictRequest,
  caller: PredictCaller,
): Promise<PredictResponse> {
  const { tensors, states, names, predicts, buffers, sharedMemory } = ports;
  const alias = names.aliasOf(request);
  const takeMemory = (bytes: number): Uint8Array<ArrayBuffer> => buffers.take(bytes);
  const onOtherShape = ({ input, declared, takenAs }: OtherShape): void => {
    const message = `"${input}" is declared as ${shapeText(declared)} and taken as ${shapeText(takenAs)}, its elements in the order in which they came`;
    caller.warnOnce('edge-manager.other-shape', alias, { input, declared, takenAs, message });
  };
  return predicts.run(alias, async () => {
    const { outputs, model, timings } = await states.run(alias, caller.step, (stateFor) =>
      tensors.run(alias, {
        bytes: request.tensors.reduce((sum, { byte_data: bytes }) => sum + (bytes?.byteLength ?? 0), 0),
        ...(caller.deadlineMs === undefined ? {} : { deadlineMs: caller.deadlineMs }),
        onCancelled: (listener) => caller.onCancelled(listener),
        feeds: (serving) => {
          const { instance, spec } = serving;
          const { inputs } = instance.facts;
          const open = openInputs(inputs, spec.manifest.tensors);
          const isOptional = (input: string): boolean => !open.some(({ name }) => name === input);
          const options = { takeMemory, sharedMemory, isOptional, onOtherShape };
          const { tensors: bound, memory } = bindTensors(request.tensors, inputs, options);
          return { tensors: { ...stateFor(serving), ...bound }, memory };
        },
      }),
    );
    caller.tellTimings(timings);
    return { tensors: answerTensors(outputs, model.instance.facts.outputs) };
  });
}
