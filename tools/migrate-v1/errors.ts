import { errorCatalogue } from '#packages/foundation';

export const migrationErrors = errorCatalogue({
  'migrate.unreadable': {
    status: 422,
    todo: 'Give what `aws greengrass get-connector-definition-version` prints, or any JSON with a list Connectors.',
  },
  'migrate.invalid': {
    status: 422,
    todo: 'Correct the parameters that the message names; Greengrass V1 would have refused them, too.',
  },
});
