import { errorCatalogue } from '#packages/foundation';

export const heartbeatErrors = errorCatalogue({
  'heartbeat.invalid': {
    todo: 'Something else publishes on the heartbeat topic, or the agent is newer than the reader: bring both to one version.',
  },
});
