import { errorCatalogue } from '#packages/foundation';

export const topicErrors = errorCatalogue({
  'topic.invalid': {
    status: 400,
    todo: 'Use at most 256 characters and 7 slashes; + and # only in subscriptions and only as whole levels.',
  },
});
