import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { migrationErrors } from '../migrate-v1/errors.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface MigrateOptions {
  readonly model?: readonly string[];
}

export const migrateV1Command: CommandSpec<MigrateOptions> = {
  usage: 'migrate-v1 <definition>',
  summary: 'turn the connectors of a Greengrass V1 group into the configuration of our components',
  options: (command) =>
    command.option('--model <service=alias...>', 'model that answers a service (default: the one of its name)'),
  help: `
The file is what "aws greengrass get-connector-definition-version" prints. On stdout comes what goes to
"edgeml local deploy --config" or "greengrass-cli deployment create --update-config"; what is left to do goes to stderr.

Example:
  npm run -s edgeml -- migrate-v1 connectors.json --model imageClassification=PartsClassifier > configuration.json`,
  run: async ({ args: [file = ''], options, out }) => {
    const { migrateConnectors } = await import('../migrate-v1/migrate-connectors.ts');
    const { readDefinition } = await import('../migrate-v1/read-definition.ts');
    const { configuration, notes } = migrateConnectors(
      readDefinition(await readJson(file)),
      Object.fromEntries((options.model ?? []).map(serviceAndAlias)),
    );
    out.json({ configuration, notes });
    if (out.isJson) return;
    for (const note of notes) out.note(note);
    out.line(JSON.stringify(configuration, undefined, 2));
  },
};

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw migrationErrors.error('migrate.unreadable', `${file} cannot be read as JSON: ${messageOf(cause)}`, { cause });
  }
}

function serviceAndAlias(argument: string): [string, string] {
  const match = /^([^=]+)=(.+)$/.exec(argument);
  if (!match) throw cliErrors.error('cli.usage', `"${argument}" is not of the form service=alias`);
  return [match[1] ?? '', match[2] ?? ''];
}
