import { errorCatalogue } from '#packages/foundation';

/** What can happen to the processes and threads in which a model runs. */
export const instanceErrors = errorCatalogue({
  'instance.worker-crashed': {
    status: 503,
    todo: 'Repeat the request: a fresh worker is being started. When it happens again for the same image, report the image and the log.',
  },
  'instance.worker-stuck': {
    status: 503,
    todo: 'The model ran far beyond its time-out and its worker was replaced. Use a smaller model, or raise LocalInferenceServiceTimeoutSeconds.',
  },
  'instance.worker-lost': {
    status: 503,
    todo: 'Repeat the request: it waited in a process that another request brought down.',
  },
  'instance.memory-exceeded': {
    status: 507,
    todo: 'Raise LocalInferenceServiceMemoryLimitKB of the service, or use a smaller model. No other model was touched.',
  },
  'instance.start-timeout': {
    status: 504,
    todo: 'The model did not load in time. Raise LoadTimeoutSeconds of the agent, or use a smaller model.',
  },
  'instance.start-failed': {
    status: 500,
    todo: 'See the cause in the message. `Cannot find module` means that edgeml.Runtime is not installed or NODE_PATH does not name its `node_modules`.',
  },
  'instance.ended': {
    status: 503,
    todo: 'The model was being taken out of service. Repeat the request.',
  },
  'instance.busy': { status: 503, todo: 'All workers of the model are busy. Repeat the request.' },
});
