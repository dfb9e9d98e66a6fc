import { errorCatalogue } from '#packages/foundation';

export const settingsErrors = errorCatalogue({
  'provider.unknown': {
    status: 400,
    todo: 'Correct Providers in the configuration of edgeml.InferenceAgent, or EDGEML_PROVIDERS in its recipe.',
  },
});
