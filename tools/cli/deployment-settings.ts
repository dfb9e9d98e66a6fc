import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { isPlainObject } from '../recipe/recipe.ts';
import { cliErrors } from './errors.ts';

export interface SettingsOptions {
  readonly config?: string;
  readonly document?: string;
  readonly allowUnknown?: boolean;
}

/** Options that `deploy` and `local deploy` share, in the same form. */
export function settingsOptions(command: Command): Command {
  return command
    .option('--document <file>', 'a deployment document, JSON or YAML, of the cloud or of a local deployment')
    .option('--config <json|file>', 'configuration: {"Name": {"merge": {…}, "reset": ["/key"]}}, in either case')
    .option(
      '--allow-unknown',
      'accept settings that the schemas of this version do not have, e.g. those of a newer version',
    );
}

/** `--config`: configuration updates by component. @throws EdgeError `cli.usage` */
export async function readUpdates(text: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(text.trimStart().startsWith('{') ? text : await readFile(text, 'utf8'));
    if (!isPlainObject(value)) throw new Error('it does not hold an object');
    return value;
  } catch (cause) {
    throw cliErrors.error('cli.usage', `--config is neither JSON nor a JSON file: ${messageOf(cause)}`, { cause });
  }
}

/** @throws EdgeError `cli.unknown-settings` */
export async function refuseUnknownSettings(
  merges: Readonly<Record<string, unknown>>,
  named: readonly string[],
  { allowUnknown }: Pick<SettingsOptions, 'allowUnknown'>,
): Promise<void> {
  if (allowUnknown) return;
  const { unknownSettings } = await import('../lint/unknown-settings.ts');
  const problems = unknownSettings(merges, named);
  if (problems.length > 0) throw cliErrors.error('cli.unknown-settings', problems.join('\n'), { facts: { problems } });
}
