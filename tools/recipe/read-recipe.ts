import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LineCounter, isNode, parseDocument } from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '#packages/foundation';
import { canonicalise } from './canonical-keys.ts';
import { recipeErrors } from './errors.ts';
import { formatIssue, pointerTo } from './issue.ts';
import type { Finding, RecipeIssue } from './issue.ts';
import { liteRefusals } from './lite-findings.ts';
import type { Recipe } from './recipe.ts';
import { recipeSchema } from './schema.ts';

export interface ParsedRecipe {
  readonly file: string;
  readonly bytes: number;
  /** Missing if the file has errors. */
  readonly recipe?: Recipe;
  /** The recipe with canonical keys, for checks of what the types do not hold. */
  readonly raw: unknown;
  readonly issues: readonly RecipeIssue[];
  /** Line of a pointer, from 1. */
  readonly lineOf: (pointer: string) => number | undefined;
}

export interface ReadOptions {
  /** As nucleus lite: every scalar of a YAML recipe is a string (JSON keeps its types), keys have to be in canonical case, and what lite cannot resolve is refused. */
  readonly strictLite?: boolean;
}

/**
 * Reads a recipe and says everything that is wrong with it at once.
 *
 * @throws recipe.unreadable, recipe.invalid
 */
export async function readRecipe(file: string, options: ReadOptions = {}): Promise<Recipe> {
  const parsed = await parseRecipeFile(file, options);
  if (parsed.recipe) return parsed.recipe;
  const errors = parsed.issues.filter((issue) => forbids(issue, options));
  throw recipeErrors.error('recipe.invalid', errors.map(formatIssue).join('\n'), { facts: { file, issues: errors } });
}

/** @throws recipe.unreadable */
export async function parseRecipeFile(file: string, options: ReadOptions = {}): Promise<ParsedRecipe> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw recipeErrors.error('recipe.unreadable', `the recipe ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseRecipe(text, file, options);
}

/** YAML or JSON, by the file's extension. Never throws: problems are issues. */
export function parseRecipe(text: string, file: string, options: ReadOptions = {}): ParsedRecipe {
  const json = path.extname(file).toLowerCase() === '.json';
  const lines = new LineCounter();
  const schema = options.strictLite && !json ? 'failsafe' : 'core';
  const document = parseDocument(text, {
    lineCounter: lines,
    schema,
    prettyErrors: false,
    strict: true,
    logLevel: 'error',
  });
  const bytes = Buffer.byteLength(text);
  const lineOf = (pointer: string): number | undefined => lineOfPointer(document, lines, pointer);
  const issues: RecipeIssue[] = document.errors.map((error) => ({
    ...syntaxFinding(error.message, json),
    file,
    line: lines.linePos(error.pos[0]).line,
  }));
  if (json && issues.length === 0) issues.push(...strictJson(text, file));
  if (issues.length > 0) return { file, bytes, raw: undefined, issues, lineOf };

  let plain: unknown;
  try {
    plain = document.toJS();
  } catch (error) {
    // An alias within a key that is a collection, or aliases that stand for too much: found only now.
    return { file, bytes, raw: undefined, issues: [{ ...syntaxFinding(messageOf(error), json), file }], lineOf };
  }
  const { value, findings } = canonicalise(plain);
  const result = recipeSchema.safeParse(value);
  const all = [
    ...findings,
    ...(options.strictLite ? liteRefusals(value) : []),
    ...(result.success ? [] : result.error.issues.flatMap((issue) => schemaFinding(issue, value))),
  ];
  const placed = all.map((finding) => ({ ...finding, file, ...withLine(lineOf(finding.pointer)) }));
  const sound = result.success && !placed.some((issue) => forbids(issue, options));
  return { file, bytes, raw: value, issues: placed, lineOf, ...(sound ? { recipe: result.data } : {}) };
}

function forbids({ severity, nucleus }: RecipeIssue, { strictLite }: ReadOptions): boolean {
  return severity === 'error' && (strictLite === true || nucleus === 'any');
}

function withLine(line: number | undefined): { line?: number } {
  return line === undefined ? {} : { line };
}

function syntaxFinding(message: string, json: boolean): Finding {
  return {
    severity: 'error',
    nucleus: 'any',
    code: 'syntax',
    pointer: '',
    message: `this is not ${json ? 'JSON' : 'YAML'}: ${message.trim()}.`,
    fix: 'correct the line; mind indentation, quotes and keys given twice.',
  };
}

/** The YAML parser takes more than JSON allows (comments, single quotes); the nucleus does not. */
function strictJson(text: string, file: string): RecipeIssue[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [{ ...syntaxFinding(messageOf(error), true), file }];
  }
}

function schemaFinding(issue: z.core.$ZodIssue, root: unknown): Finding[] {
  const pointer = issue.path.reduce<string>((parent, key) => pointerTo(parent, String(key)), '');
  if (issue.code === 'invalid_union') {
    const inner = issue.errors[0]?.[0];
    if (inner) return schemaFinding({ ...inner, path: [...issue.path, ...inner.path] }, root);
  }
  const key = String(issue.path.at(-1) ?? 'the recipe');
  const value = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step],
    root,
  );
  const missing = value === undefined;
  return [
    {
      severity: 'error',
      nucleus: 'any',
      code: missing ? 'key.missing' : 'value.invalid',
      pointer,
      message: missing ? `${key} is missing.` : `${key}: ${describe(issue, value)}.`,
      fix: FIXES[key] ?? 'see the component recipe reference for what may stand here.',
    },
  ];
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  switch (issue.code) {
    case 'invalid_type':
      return `${shown.slice(0, 80)} should be ${ARTICLES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `${shown.slice(0, 80)} should be ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}`;
    default:
      return issue.message;
  }
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

const FIXES: Readonly<Record<string, string>> = {
  RecipeFormatVersion: 'write RecipeFormatVersion: "2020-01-25".',
  ComponentName: 'use letters, digits, "-", "_" and ".", at most 128.',
  ComponentVersion: 'write three numbers in quotes, e.g. "1.0.0".',
  VersionRequirement: 'write an npm range, e.g. "^1.0.0" or ">=1.2.0 <2.0.0".',
  DependencyType: 'write HARD or SOFT.',
  Manifests: "add at least one manifest; \"Platform: {os: '*', runtime: '*'}\" fits every device.",
  Uri: 'write s3://BUCKET/COMPONENT/VERSION/file; locally only the last part counts.',
  Unarchive: 'write NONE or ZIP.',
  Read: 'write NONE, OWNER or ALL.',
  Execute: 'write NONE, OWNER or ALL.',
};

function lineOfPointer(document: Document.Parsed, lines: LineCounter, pointer: string): number | undefined {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (let depth = keys.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth).map(asIndex), true);
    if (isNode(node) && (node as ParsedNode).range) return lines.linePos((node as ParsedNode).range[0]).line;
  }
  return undefined;
}

function asIndex(key: string): string | number {
  return /^\d+$/.test(key) ? Number(key) : key;
}
