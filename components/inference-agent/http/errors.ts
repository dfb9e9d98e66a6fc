import { errorCatalogue } from '#packages/foundation';

/** Requests that are wrong whatever the model. */
export const httpErrors = errorCatalogue({
  'http.no-route': {
    status: 404,
    todo: 'Use one of: POST /v1/services/{service}/invoke, GET /v1/models, POST /v1/models/activate, POST /v1/models/{alias}/retire, POST /v1/models/{alias}/rollback, GET /healthz, GET /metrics.',
  },
  'http.method-not-allowed': { status: 405, todo: 'Use the method that the Allow header names.' },
  'http.content-type': {
    status: 415,
    todo: 'Send the bytes of the image as the body, with Content-Type image/jpeg or image/png (curl: -H "Content-Type: image/jpeg" --data-binary @FILE).',
  },
  'http.body-too-large': { status: 413, todo: 'Send a smaller body, or raise MaxImageMB of the agent.' },
  'http.body-incomplete': { status: 400, todo: 'Send as many bytes as Content-Length says.' },
  'http.no-v1-form': {
    status: 406,
    todo: 'Leave out format=v1: only classifications and detections had a form in Greengrass V1, and only numbers can be written in it.',
  },
  'http.algo-type': {
    status: 404,
    todo: 'Use the AlgoType of the model that answers the service (image-classification or object-detection), or another service.',
  },
  'http.bad-request': { status: 400, todo: 'Correct what the message names.' },
});
