import { errorCatalogue } from '#packages/foundation';

export const intakeErrors = errorCatalogue({
  'feedback.unknown-config': {
    status: 404,
    todo: 'Use a ConfigId of FeedbackConfigurationMap in the configuration of edgeml.FeedbackUploader, or add this one to it.',
  },
  'feedback.request-limit': {
    status: 429,
    todo: 'Send less at once, or raise RequestLimit in the configuration of edgeml.FeedbackUploader.',
  },
  'feedback.sample-too-large': {
    status: 413,
    todo: 'Send a smaller sample, or raise MaxSampleMB in the configuration of edgeml.FeedbackUploader.',
  },
  'feedback.over-budget': {
    status: 413,
    todo: 'Send a smaller sample, or raise UplinkMBPerHour and UplinkMBPerDay: a sample goes in one piece.',
  },
  'feedback.bad-sample': {
    status: 400,
    todo: 'Send the model input as the body, the prediction as JSON in the header x-edgeml-prediction, and metadata as a JSON object in x-edgeml-metadata.',
  },
  'feedback.not-ready': {
    status: 503,
    todo: 'The uploader is starting or stopping, or its spool cannot be opened yet. Send the sample again later.',
  },
});
