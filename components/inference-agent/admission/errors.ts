import { errorCatalogue } from '#packages/foundation';

/** Why a request was not run. Each is counted under `reason` of `edgeml_requests_rejected_total`. */
export const admissionErrors = errorCatalogue({
  'admission.queue-full': {
    status: 503,
    todo: 'Wait as long as Retry-After says, then repeat. When it lasts: fewer images, a smaller model, more Workers, or a longer QueueLength.',
  },
  'admission.memory-full': {
    status: 503,
    todo: 'Wait as long as Retry-After says, then repeat. When it lasts: smaller images, or a larger MaxBufferedMB.',
  },
  'admission.deadline': {
    status: 504,
    todo: 'The time-out of the request passed before its answer. Raise LocalInferenceServiceTimeoutSeconds (or the deadline header), or send fewer images.',
  },
  'admission.cancelled': { status: 499, todo: 'Nothing: the client hung up before the answer.' },
  'admission.stopping': { status: 503, todo: 'The agent is ending. Repeat the request when it is back.' },
  'model.not-found': {
    status: 404,
    todo: 'Deploy a model component whose package has this name, e.g. edgeml.model.<Name>; GET /v1/models lists what is active.',
  },
});
