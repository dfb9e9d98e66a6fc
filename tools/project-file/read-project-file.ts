import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { foundationErrors, isMissing, messageOf, parseConfiguration, unknownKeys } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';
import { isPlainObject } from '../recipe/recipe.ts';
import { checkSettings } from './check-settings.ts';
import { projectFileErrors } from './errors.ts';
import { PROJECT_FILE } from './project-file-name.ts';
import { projectFileSchema } from './project-file.ts';
import type { ProjectFile } from './project-file.ts';

/**
 * Reads edgeml.yaml and holds it against its own schema and those of the components.
 *
 * @throws EdgeError `project-file.missing`, `project-file.unreadable`, `project-file.invalid` with every problem
 */
export async function readProjectFile(file: string): Promise<ProjectFile> {
  const where = path.resolve(file);
  const text = await readFile(where, 'utf8').catch((cause: unknown) => {
    const facts = { file: where };
    if (isMissing(cause))
      throw projectFileErrors.error('project-file.missing', `there is no ${where}`, { cause, facts });
    throw projectFileErrors.error('project-file.unreadable', `${where} cannot be read: ${messageOf(cause)}`, {
      cause,
      facts,
    });
  });
  return checkProjectFile(yamlOf(text, where), where);
}

/** @throws EdgeError `project-file.unreadable`, which names the line */
function yamlOf(text: string, file: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw projectFileErrors.error('project-file.unreadable', `${file} is not YAML: ${messageOf(cause)}`, {
      cause,
      facts: { file },
    });
  }
}

/** Checks a parsed file. @throws EdgeError `project-file.invalid` with every problem */
export function checkProjectFile(document: unknown, file: string): ProjectFile {
  const given = withEmptySettings(document ?? {});
  const problems: ConfigurationProblem[] = [];
  const parsed = parsedOrProblems(given, problems);
  const project = { path: file, ...(parsed ?? { models: {}, sources: {}, services: {}, components: {} }) };
  problems.push(...strangeKeys(given));
  if (parsed) problems.push(...checkSettings(project));
  if (problems.length === 0) return project;
  const lines = problems.map(({ pointer, message }) => `${pointer}: ${message}`);
  throw projectFileErrors.error('project-file.invalid', `${file} is not valid: ${lines.join('; ')}`, {
    facts: { file, problems },
  });
}

/** `edgeml.FeedbackUploader:` with nothing behind it deploys the component as it is. */
function withEmptySettings(document: unknown): unknown {
  if (!isPlainObject(document) || !isPlainObject(document['components'])) return document;
  const components = Object.entries(document['components']).map(([name, value]) => [name, value ?? {}] as const);
  return { ...document, components: Object.fromEntries(components) };
}

function parsedOrProblems(given: unknown, problems: ConfigurationProblem[]) {
  try {
    return parseConfiguration(projectFileSchema, given, { component: PROJECT_FILE });
  } catch (error) {
    if (!foundationErrors.is(error, 'config.invalid')) throw error;
    problems.push(...error.facts.problems);
    return undefined;
  }
}

function strangeKeys(given: unknown): readonly ConfigurationProblem[] {
  return unknownKeys(projectFileSchema, given).map(({ pointer, suggestion }) => ({
    pointer,
    message: suggestion === undefined ? 'is not known here' : `is not known here; did you mean ${suggestion}?`,
  }));
}
