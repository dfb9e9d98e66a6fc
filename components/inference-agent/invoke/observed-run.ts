import type { InvokeResult } from '#packages/http';
import type { Inference } from '#packages/vision';
import type { ServingModel } from '../registry/serving-model.ts';

/** The counts of an answered request of any kind. */
export type ObservedRun = Pick<InvokeResult, 'model' | 'timings'> & Partial<Pick<InvokeResult, 'predictions'>>;

/** A picture that was answered, and the model that did. */
export interface SeenPicture {
  readonly inference: Inference;
  readonly target: ServingModel;
}
