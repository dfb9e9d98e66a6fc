import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { migrationErrors } from '../migrate-v1/errors.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';

interface MigrateOptions {
  readonly model?: readonly string[];
  readonly function?: readonly string[];
  readonly subscriptions?: string;
  readonly output: string;
  readonly componentVersion: string;
}

export const migrateV1Command: CommandSpec<MigrateOptions> = {
  usage: 'migrate-v1 <definition>',
  summary: 'convert connectors of a Greengrass V1 group into a configuration, and its Lambda functions into components',
  options: (command) =>
    command
      .option('--model <service=alias...>', 'model for a service of a connector (default: the model of that name)')
      .option(
        '--function <name=folder...>',
        'code of a function, unpacked; its handler may follow: name=folder:module.function',
      )
      .option(
        '--subscriptions <file>',
        'the subscriptions of the group: output of "aws greengrass get-subscription-definition-version"',
      )
      .option('--output <folder>', 'where recipes/ and artifacts/ of functions go', 'migrated')
      .option('--component-version <version>', 'version of the components made of functions', '1.0.0'),
  help: `
The file is the output of "aws greengrass get-connector-definition-version" or "get-function-definition-version".
Connectors: stdout gets the configuration for "edgeml local deploy --config" or "greengrass-cli deployment create --update-config".
Functions: each function that --function names becomes the component lambda.NAME, with its code unchanged; stdout gets their
names and versions. The remaining steps go to stderr.

Examples:
  npm run -s edgeml -- migrate-v1 connectors.json --model imageClassification=PartsClassifier > configuration.json
  npm run -s edgeml -- migrate-v1 functions.json --subscriptions subscriptions.json --function Classify=./classify`,
  run: async ({ args: [file = ''], options, out }) => {
    const { holdsFunctions } = await import('../migrate-v1/read-functions.ts');
    const definition = await readJson(file);
    if (holdsFunctions(definition)) return migrateFunctions(definition, options, out);
    const { migrateConnectors } = await import('../migrate-v1/migrate-connectors.ts');
    const { readDefinition } = await import('../migrate-v1/read-definition.ts');
    const { configuration, notes } = migrateConnectors(
      readDefinition(definition),
      Object.fromEntries((options.model ?? []).map((one) => pairOf(one, 'service=alias'))),
    );
    out.json({ configuration, notes });
    if (out.isJson) return;
    for (const note of notes) out.note(note);
    out.line(JSON.stringify(configuration, undefined, 2));
  },
};

async function migrateFunctions(definition: unknown, options: MigrateOptions, out: Output): Promise<void> {
  const { readFunctions, readSubscriptions } = await import('../migrate-v1/read-functions.ts');
  const { readCode } = await import('../migrate-v1/function-code.ts');
  const { migrateFunction } = await import('../migrate-v1/migrate-function.ts');
  const functions = readFunctions(definition);
  const given = new Map((options.function ?? []).map((one) => pairOf(one, 'name=folder')));
  const known = functions.map(({ name }) => name);
  const unknown = [...given.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined || given.size === 0) {
    const what =
      unknown === undefined
        ? 'name the functions to migrate with --function'
        : `the group has no function "${unknown}"`;
    throw cliErrors.error('cli.usage', `${what}; it has ${known.join(', ')}`);
  }
  const { output, componentVersion: version, subscriptions: table } = options;
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw cliErrors.error('cli.usage', `--component-version "${version}" is not a version such as 1.0.0`);
  const subscriptions = table === undefined ? undefined : readSubscriptions(await readJson(table));
  for (const one of functions.filter(({ name }) => given.has(name))) {
    const code = await readCode(one.name, given.get(one.name) ?? '');
    const migrated = await migrateFunction(one, code, { output, version, subscriptions });
    out.json(migrated);
    if (out.isJson) continue;
    for (const note of migrated.notes) out.note(note);
    out.line(`${migrated.component}=${migrated.version}`);
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw migrationErrors.error('migrate.unreadable', `${file} cannot be read as JSON: ${messageOf(cause)}`, { cause });
  }
}

function pairOf(argument: string, form: string): [string, string] {
  const match = /^([^=]+)=(.+)$/.exec(argument);
  if (!match) throw cliErrors.error('cli.usage', `"${argument}" is not of the form ${form}`);
  return [match[1] ?? '', match[2] ?? ''];
}
