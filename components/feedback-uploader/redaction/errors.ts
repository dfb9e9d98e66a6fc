import { errorCatalogue } from '#packages/foundation';

export const redactionErrors = errorCatalogue({
  'redaction.not-an-image': {
    status: 422,
    todo: 'A configuration with redaction takes JPEG, PNG and WebP images only, since anything else could not be hidden in. Send such an image, or use a configuration without redaction.',
  },
  'redaction.too-many-pixels': {
    status: 413,
    todo: 'Send a smaller image: hiding parts of it needs all of its pixels in memory. A JPEG that is not progressive has the most pixels for it, about 12 million.',
  },
  'redaction.failed': {
    status: 503,
    todo: 'The process that hides areas ended or took too long; nothing of the sample was kept. Send it again. When it happens again, check the memory of the device and send smaller images.',
  },
  'redaction.boxes-unknown': {
    status: 422,
    todo: 'Redaction of classes needs a prediction with boxes: {"prediction": [[class, score, xmin, ymin, xmax, ymax], …]} or a list of {classId, label, score, box}.',
  },
});
