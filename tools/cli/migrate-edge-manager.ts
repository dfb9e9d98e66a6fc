import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { edgeManagerMigrationErrors } from '../migrate-edge-manager/errors.ts';
import { readRecipe } from '../bundle/recipe-source.ts';
import type { CommandSpec } from './frame/command.ts';

export const migrateEdgeManagerCommand: CommandSpec<object> = {
  usage: 'migrate-edge-manager <file>',
  summary: 'turn documents around SageMaker Edge Manager into those of our components',
  help: `
The file is taken as what it is:
  deployment document        the component by its new name and version, with the configuration that it had
  recipe                     its dependency and its references by the new name; components of packaging jobs are pointed out
  configuration file (-c)    settings of edgeml.InferenceAgent
  fleet                      output of "aws sagemaker list-devices" and "describe-device-fleet": commands that make the devices known
The result goes to stdout in the form of the file; what is left to do goes to stderr.

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
