import { messageOf } from '#packages/foundation';
import { parse, stringify } from 'yaml';
import { migrateAgentFile } from './agent-file.ts';
import { migrateDeployment } from './deployment.ts';
import { edgeManagerMigrationErrors } from './errors.ts';
import { migrateFleet } from './fleet.ts';
import { migrateRecipe } from './recipe.ts';

type MigratedKind = 'deployment' | 'recipe' | 'agent-file' | 'fleet';

export interface Migrated {
  readonly kind: MigratedKind;
  /** A document of the same kind for our components; lines of commands for a fleet. */
  readonly result: unknown;
  /** Remaining work, in sentences. */
  readonly notes: readonly string[];
}

type Group = Readonly<Record<string, unknown>>;

/**
 * Documents around SageMaker Edge Manager, each by what it is: deployment documents, recipes (those of packaging jobs included),
 * configuration files of the bare agent, and what the AWS CLI tells of a fleet.
 *
 * @param version of edgeml.EdgeManager that takes the place of the old component
 * @throws EdgeError `migrate-edge-manager.unknown`
 */
export function migrateDocument(document: unknown, file: string, version: string): Migrated {
  if (isGroup(document)) {
    const keys = Object.keys(document);
    const has = (...names: readonly string[]): boolean =>
      names.some((name) => keys.some((key) => key.toLowerCase() === name.toLowerCase()));
    if (has('RecipeFormatVersion')) return { kind: 'recipe', ...migrateRecipe(document) };
    if (has('components', 'rootComponentVersionsToAdd'))
      return { kind: 'deployment', ...migrateDeployment(document, version) };
    if (keys.some((key) => key.startsWith('sagemaker_edge_')))
      return { kind: 'agent-file', ...migrateAgentFile(document) };
    if (has('DeviceSummaries', 'DeviceFleetArn')) return { kind: 'fleet', ...migrateFleet(document) };
  }
  const message = `${file} is not a deployment document, a recipe, a configuration file of the agent, or a description of a fleet`;
  throw edgeManagerMigrationErrors.error('migrate-edge-manager.unknown', message, { facts: { file } });
}

/** @throws EdgeError `migrate-edge-manager.unknown` */
export function parseDocument(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const message = `${file} is neither JSON nor YAML: ${messageOf(cause)}`;
    throw edgeManagerMigrationErrors.error('migrate-edge-manager.unknown', message, { cause, facts: { file } });
  }
}

/** The result in the form that its file had. */
export function textOf({ kind, result }: Migrated, wasJson: boolean): string {
  if (kind === 'fleet') return (result as readonly string[]).join('\n');
  return wasJson || kind === 'agent-file'
    ? JSON.stringify(result, undefined, 2)
    : stringify(result, { lineWidth: 0 }).trimEnd();
}

function isGroup(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
