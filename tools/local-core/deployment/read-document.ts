import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { LocalDeploymentRequest } from '../ports.ts';
import { issueWords, updateInForm } from '../../recipe/configuration-update.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import { coreErrors } from '../errors.ts';
import { checkRequest } from './request.ts';

/**
 * Reads a deployment document, JSON or YAML, in one of two forms: our own (`LocalDeploymentRequest`) or the one that
 * `aws greengrassv2 create-deployment --cli-input-json` takes (`components`, `deploymentPolicies`). Folders are relative to
 * the document.
 *
 * @throws deployment.unreadable, deployment.invalid
 */
export async function readDeploymentDocument(file: string): Promise<LocalDeploymentRequest> {
  return deploymentRequest(await readDocument(file), path.dirname(path.resolve(file)));
}

/**
 * The request that a document means, in either form.
 *
 * @param folder where its relative paths begin
 * @throws deployment.invalid
 */
export function deploymentRequest(document: unknown, folder: string): LocalDeploymentRequest {
  if (isPlainObject(document) && 'components' in document) return fromCloudForm(document, folder);
  const request = checkRequest(document);
  return {
    ...request,
    ...absolute('recipeDirectoryPath', request.recipeDirectoryPath, folder),
    ...absolute('artifactsDirectoryPath', request.artifactsDirectoryPath, folder),
  };
}

/** What `greengrass-cli deployment create` takes on its command line. */
export interface CreateFlags {
  readonly recipeDir?: string | undefined;
  readonly artifactDir?: string | undefined;
  /** `Name=1.0.0`, each. */
  readonly merge?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
  /** JSON text, or the path of a file with it: `{"Name": {"MERGE": {}, "RESET": []}}`. */
  readonly updateConfig?: string | undefined;
  readonly groupId?: string | undefined;
  readonly failureHandlingPolicy?: string | undefined;
}

/**
 * The request that a command line means.
 *
 * @throws deployment.unreadable, deployment.invalid
 */
export async function requestFromFlags(flags: CreateFlags): Promise<LocalDeploymentRequest> {
  const configuration = flags.updateConfig === undefined ? undefined : await readConfiguration(flags.updateConfig);
  const here = process.cwd();
  return checkRequest({
    ...absolute('recipeDirectoryPath', flags.recipeDir, here),
    ...absolute('artifactsDirectoryPath', flags.artifactDir, here),
    ...(flags.merge?.length ? { rootComponentVersionsToAdd: Object.fromEntries(flags.merge.map(nameAndVersion)) } : {}),
    ...(flags.remove?.length ? { rootComponentsToRemove: flags.remove } : {}),
    ...(configuration === undefined ? {} : { componentToConfiguration: configuration }),
    ...(flags.groupId === undefined ? {} : { groupName: flags.groupId }),
    ...(flags.failureHandlingPolicy === undefined ? {} : { failureHandlingPolicy: flags.failureHandlingPolicy }),
  });
}

const configurationUpdateSchema = z.preprocess(
  (update) => updateInForm(update, 'cloud'),
  z.strictObject({
    merge: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
    reset: z.array(z.string()).optional(),
  }),
);

const cloudSchema = z.object({
  recipeDirectoryPath: z.string().optional(),
  artifactsDirectoryPath: z.string().optional(),
  components: z.record(
    z.string(),
    z.object({ componentVersion: z.string(), configurationUpdate: configurationUpdateSchema.optional() }),
  ),
  deploymentPolicies: z
    .object({
      failureHandlingPolicy: z.enum(['ROLLBACK', 'DO_NOTHING']).optional(),
      componentUpdatePolicy: z
        .object({
          action: z.enum(['NOTIFY_COMPONENTS', 'SKIP_NOTIFY_COMPONENTS']).optional(),
          timeoutInSeconds: z.number().optional(),
        })
        .optional(),
      configurationValidationPolicy: z.object({ timeoutInSeconds: z.number().optional() }).optional(),
    })
    .optional(),
});

function fromCloudForm(document: unknown, folder: string): LocalDeploymentRequest {
  const parsed = cloudSchema.safeParse(document);
  if (!parsed.success) {
    const words = parsed.error.issues.map(
      (issue) => `/${issue.path.map(String).join('/')}: ${issueWords(issue, ['merge', 'reset'])}`,
    );
    throw invalid(words.join('; '));
  }
  const { components, deploymentPolicies, recipeDirectoryPath, artifactsDirectoryPath } = parsed.data;
  const versions = Object.entries(components).map(([name, one]) => [name, one.componentVersion] as const);
  const changes = Object.entries(components).flatMap(([name, { configurationUpdate }]) => {
    if (!configurationUpdate) return [];
    const { merge, reset } = configurationUpdate;
    const value = typeof merge === 'string' ? parseText(merge, `configurationUpdate.merge of ${name}`) : merge;
    return [[name, { ...(value === undefined ? {} : { MERGE: value }), ...(reset ? { RESET: reset } : {}) }] as const];
  });
  return checkRequest({
    ...absolute('recipeDirectoryPath', recipeDirectoryPath, folder),
    ...absolute('artifactsDirectoryPath', artifactsDirectoryPath, folder),
    rootComponentVersionsToAdd: Object.fromEntries(versions),
    ...(changes.length > 0 ? { componentToConfiguration: Object.fromEntries(changes) } : {}),
    ...deploymentPolicies,
  });
}

async function readDocument(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    const message = `the deployment document ${file} cannot be read: ${messageOf(cause)}`;
    throw coreErrors.error('deployment.unreadable', message, { cause, facts: { file } });
  }
}

async function readConfiguration(textOrFile: string): Promise<unknown> {
  const isText = textOrFile.trimStart().startsWith('{');
  return isText ? parseText(textOrFile, 'the configuration update') : readDocument(textOrFile);
}

function parseText(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(`${what} is not JSON: ${messageOf(cause)}`);
  }
}

function nameAndVersion(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw invalid(`"${text}" should be a name and a version, e.g. edgeml.Runtime=1.0.0`);
}

function absolute(key: string, folder: string | undefined, base: string): Readonly<Record<string, string>> {
  return folder === undefined ? {} : { [key]: path.resolve(base, folder) };
}

function invalid(problem: string): Error {
  return coreErrors.error('deployment.invalid', `the deployment is not valid: ${problem}`, {
    facts: { problems: [problem] },
  });
}
