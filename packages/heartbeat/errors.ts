import { errorCatalog } from '#packages/foundation';

export const heartbeatErrors = errorCatalog({
  'heartbeat.invalid': {
    todo: 'Something else publishes on the heartbeat topic, or the agent is newer than the reader: bring both to one version.',
  },
});
