import type { FeedbackSample, InvokeResult } from '#packages/http';

import type { Frame } from '../frame/frame.ts';

/** Object metadata has room for 2 kB in all; the end of a long path says more than its beginning. */
export const MAX_NAME = 300;

/** The sample for the uploader: the image as the model saw it, all predictions, and where both come from. */
export function sampleOf(
  frame: Frame,
  input: Uint8Array,
  { service, model, predictions, deviation }: InvokeResult,
): FeedbackSample {
  return {
    input,
    prediction: predictions,
    metadata: {
      service,
      model: `${model.name} ${model.version}`,
      source: frame.source,
      image: frame.image.slice(-MAX_NAME),
      'taken-at': new Date(frame.takenAt).toISOString(),
      ...(deviation ? { deviation: `${deviation.share} ${deviation.feature}` } : {}),
    },
  };
}
