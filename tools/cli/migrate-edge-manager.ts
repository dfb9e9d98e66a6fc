import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { edgeManagerMigrationErrors } from '../migrate-edge-manager/errors.ts';
import { readRecipe } from '../bundle/recipe-source.ts';
import type { CommandSpec } from './frame/command.ts';

export const migrateEdgeManagerCommand: CommandSpec<object> = {
  usage: 'migrate-edge-manager <file>',
  summary: 'convert deployments, recipes and settings of SageMaker Edge Manager',
  help: `
The kind of the file is recognized:
  deployment document        the component with its new name and version, and its configuration
  recipe                     dependency and references with the new name; components of packaging jobs are reported
  configuration file (-c)    settings of edgeml.InferenceAgent
  fleet                      output of "aws sagemaker list-devices" and "describe-device-fleet": commands that register the devices
The result goes to stdout in the format of the file; the remaining steps go to stderr.

Example:
  npm run -s edgeml -- migrate-edge-manager line-3.json > line-3-edgeml.json`,
  run: async ({ args: [file = ''], out }) => {
    const { migrateDocument, parseDocument, textOf } = await import('../migrate-edge-manager/migrate.ts');
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      const message = `${file} cannot be read: ${messageOf(cause)}`;
      throw edgeManagerMigrationErrors.error('migrate-edge-manager.unknown', message, { cause, facts: { file } });
    });
    const { version } = await readRecipe('edgeml.EdgeManager');
    const migrated = migrateDocument(parseDocument(text, file), file, version);
    out.json(migrated);
    if (out.isJson) return;
    for (const note of migrated.notes) out.note(note);
    out.line(textOf(migrated, text.trimStart().startsWith('{')));
  },
};
