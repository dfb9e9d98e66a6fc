import { errorCatalogue } from '../errors/catalogue.ts';

export const configErrors = errorCatalogue({
  'config.invalid': {
    status: 400,
    todo: 'Correct the named settings in the deployment (configurationUpdate.merge); the component goes on with its last good configuration, or stops at start.',
  },
});
