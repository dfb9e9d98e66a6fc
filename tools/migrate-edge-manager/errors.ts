import { entry, errorCatalog } from '#packages/foundation';

export const edgeManagerMigrationErrors = errorCatalog({
  'migrate-edge-manager.unknown': entry<{ readonly file: string }>({
    todo: 'Give a deployment document, a recipe, the JSON file that the agent was started with (-c), or the output of `aws sagemaker list-devices` or `describe-device-fleet`.',
  }),
});
