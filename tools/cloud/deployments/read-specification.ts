import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { messageOf } from '#packages/foundation';
import { isPlainObject } from '../../recipe/recipe.ts';
import { cloudErrors } from '../errors.ts';
import { deploymentSchema } from './specification.ts';
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

/** What a document says for other readers: where the local core finds recipes, and the target, which the command line gives. */
const NOT_FOR_THE_CLOUD = ['recipeDirectoryPath', 'artifactsDirectoryPath', 'targetArn', 'tags', 'clientToken'];

/** Names everything that is wrong at once. */
export function checkSpecification(document: unknown, source: string): DeploymentSpecification {
  const relevant = isPlainObject(document)
    ? Object.fromEntries(Object.entries(document).filter(([key]) => !NOT_FOR_THE_CLOUD.includes(key)))
    : document;
  const result = deploymentSchema.safeParse(relevant);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}${hint(path, message)}`);
  throw cloudErrors.error('deploy.invalid', `${source} is no deployment:\n${issues.join('\n')}`, {
    facts: { issues },
  });
}

/** Mistakes that documents of the old days and hand-written ones show again and again. */
function hint(path: readonly PropertyKey[], message: string): string {
  if (/unrecognized key.*"version"/i.test(message)) return '; the key is "componentVersion"';
  if (path.at(-1) === 'componentVersion' && /string/.test(message)) return '; put the version in quotes';
  return '';
}
