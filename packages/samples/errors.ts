import { errorCatalog } from '#packages/foundation';

export const sampleErrors = errorCatalog({
  'sampling.prediction-not-understood': {
    status: 400,
    todo: 'Send a list of probabilities, {"prediction": [[class, score, xmin, ymin, xmax, ymax], …]} or a list of {classId, label, score, box}; or choose RANDOM_SAMPLING or no strategy, which do not read the prediction.',
  },
  'sampling.record-invalid': {
    todo: 'Leave the file out, or fetch the sample again: the JSON beside a sample was changed by hand, or a newer EdgeML has written it.',
  },
});
