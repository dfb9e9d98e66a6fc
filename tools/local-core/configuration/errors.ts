import { errorCatalogue } from '#packages/foundation';

export const configurationErrors = errorCatalogue({
  'configuration.unreadable': {
    status: 500,
    todo: 'Restore the named file, or remove it to start with the default configuration of every component.',
  },
});
