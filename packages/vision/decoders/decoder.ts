import type { Prediction } from '#packages/model-package';

import type { NamedTensors, TensorInfo } from '../loaded-model.ts';
import type { Placement } from '../resize/geometry.ts';

/** Makes predictions of a model's outputs. */
export interface OutputDecoder {
  /** Outputs that it reads; no others need to be fetched. */
  readonly fetches: readonly string[];
  /**
   * `placement` says where the image lies in the model's input, and how large that is. The result is sorted by falling score, ties in model order.
   * A classifier hands the scores of all its classes to `onClassScores`, in model order and in memory of their own.
   * @throws EdgeError `model.output-unexpected`
   */
  decode(
    outputs: NamedTensors,
    placement: Placement,
    onClassScores?: (scores: Float32Array) => void,
  ): readonly Prediction[];
}

/** The model's facts that a decoder is made for. */
export interface DecoderContext {
  readonly outputs: readonly TensorInfo[];
  readonly labels: readonly string[];
  /** Told how many boxes score high enough, before suppression, and how many of them have no area inside the model's input. */
  readonly onCandidates?: (count: number, noArea: number) => void;
}
