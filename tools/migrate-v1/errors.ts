import { entry, errorCatalog } from '#packages/foundation';

export const migrationErrors = errorCatalog({
  'migrate.code': {
    todo: 'Give the unpacked deployment package of the function, and its handler: `--function NAME=FOLDER:module.function`.',
  },
  'migrate.invalid': entry<{ readonly problems: readonly string[] }>({
    todo: 'Correct the parameters that the message names; Greengrass V1 would have refused them too.',
  }),
  'migrate.unreadable': {
    todo: 'Give the output of `aws greengrass get-connector-definition-version`, or of the same command for functions or subscriptions, or any JSON with such a list.',
  },
});
