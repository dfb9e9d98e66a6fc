import { errorCatalogue } from '#packages/foundation';

export const samplingErrors = errorCatalogue({
  'sampling.prediction-not-understood': {
    status: 400,
    todo: 'Send a list of probabilities, {"prediction": [[class, score, xmin, ymin, xmax, ymax], …]} or a list of {classId, label, score, box}; or choose RANDOM_SAMPLING or no strategy, which do not read the prediction.',
  },
});
