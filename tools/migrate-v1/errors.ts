import { entry, errorCatalogue } from '#packages/foundation';

export const migrationErrors = errorCatalogue({
  'migrate.invalid': entry<{ readonly problems: readonly string[] }>({
    todo: 'Correct the parameters that the message names; Greengrass V1 would have refused them too.',
  }),
  'migrate.unreadable': {
    todo: 'Give the output of `aws greengrass get-connector-definition-version`, or any JSON with a list `Connectors`.',
  },
});
