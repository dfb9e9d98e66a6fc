import { errorCatalogue } from '#packages/foundation';

export const feedbackHttpErrors = errorCatalogue({
  'feedback.no-route': {
    status: 404,
    todo: 'Use one of: POST /v1/feedback/{configId}, GET /healthz, GET /metrics.',
  },
  'feedback.method-not-allowed': { status: 405, todo: 'Use the method that the Allow header names.' },
});
