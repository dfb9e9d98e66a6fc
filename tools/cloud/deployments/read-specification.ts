import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { messageOf } from '#packages/foundation';
import { issueWords } from '../../recipe/configuration-update.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import { cloudErrors } from '../errors.ts';
import { componentSchema, deploymentSchema } from './specification.ts';
import type { DeploymentSpecification } from './specification.ts';

/**
 * Reads a deployment document: the input of `aws greengrassv2 create-deployment`, JSON or YAML, that the local core takes too.
 *
 * @throws EdgeError `deploy.unreadable`, `deploy.invalid`
 */
export async function readSpecification(file: string): Promise<DeploymentSpecification> {
  try {
    return checkSpecification(parse(await readFile(file, 'utf8')), file);
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'EdgeError') throw cause;
    throw cloudErrors.error('deploy.unreadable', `cannot read the deployment ${file}: ${messageOf(cause)}`, { cause });
  }
}

/** A document's keys for other readers: where the local core finds recipes, and the target, which the command line gives. */
const NOT_FOR_THE_CLOUD = ['recipeDirectoryPath', 'artifactsDirectoryPath', 'targetArn', 'tags', 'clientToken'];

/** Names everything that is wrong at once. */
export function checkSpecification(document: unknown, source: string): DeploymentSpecification {
  const relevant = isPlainObject(document)
    ? Object.fromEntries(Object.entries(asCloudForm(document)).filter(([key]) => !NOT_FOR_THE_CLOUD.includes(key)))
    : document;
  const result = deploymentSchema.safeParse(relevant);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => {
    const words = issueWords(issue, knownKeys(issue.path));
    return `/${issue.path.join('/')}: ${words}${hint(issue.path, issue.message)}`;
  });
  throw cloudErrors.error('deploy.invalid', `${source} is not a deployment:\n${issues.join('\n')}`, {
    facts: { issues },
  });
}

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.at(-1) === 'configurationUpdate') return ['merge', 'reset'];
  if (path[0] === 'components') return Object.keys(componentSchema.unwrap().shape);
  return path.length === 0 ? Object.keys(deploymentSchema.shape) : [];
}

/** A document of a local deployment as one of the cloud; any other as it is. */
function asCloudForm(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { rootComponentVersionsToAdd: versions, componentToConfiguration: updates, ...rest } = document;
  if (!isPlainObject(versions)) return document;
  const changes = isPlainObject(updates) ? updates : {};
  const components = Object.entries(versions).map(([name, componentVersion]) => {
    const configurationUpdate = changes[name];
    return [name, { componentVersion, ...(configurationUpdate === undefined ? {} : { configurationUpdate }) }] as const;
  });
  const {
    failureHandlingPolicy,
    componentUpdatePolicy,
    configurationValidationPolicy,
    origin: _origin,
    ...others
  } = rest;
  const policies = { failureHandlingPolicy, componentUpdatePolicy, configurationValidationPolicy };
  const given = Object.entries(policies).filter(([, value]) => value !== undefined);
  return {
    ...others,
    components: Object.fromEntries(components),
    ...(given.length > 0 ? { deploymentPolicies: Object.fromEntries(given) } : {}),
  };
}

/** Mistakes that documents of the old days and hand-written ones show again and again. */
function hint(path: readonly PropertyKey[], message: string): string {
  if (/unrecognized key.*"version"/i.test(message)) return '; the key is "componentVersion"';
  if (path.at(-1) === 'componentVersion' && /string/.test(message)) return '; put the version in quotes';
  return '';
}
