import type { z } from 'zod';
import type { IncidentFacts } from '../log/incidents.ts';
import { maskCredentials } from '../log/mask-credentials.ts';
import { foundationErrors } from '../errors.ts';
import { pointer } from './pointer.ts';
import { unknownKeys } from './unknown-keys.ts';
import type { ConfigurationProblem } from '../errors.ts';

export interface ParseOptions {
  /** Named in errors and warnings. */
  readonly component: string;
  /** Told of the keys of each valid configuration that the schema does not know: facts for incidents of the event `UNKNOWN_KEY`, by subject. */
  readonly onUnknown?: (unknown: UnknownSettings) => void;
}

/** Event of an incident that tells of a key that no schema knows. */
export const UNKNOWN_KEY = 'config.unknown-key';

export type UnknownSettings = ReadonlyMap<string, IncidentFacts>;

export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/**
 * Component configuration as the nucleus hands it over → validated, defaults filled in, deeply frozen.
 * `null` (and lite's `"null"`) stands for "left out"; the nucleus' own `accessControl` is ignored; unknown keys do not have an effect, and `onUnknown` is told of them.
 *
 * @throws EdgeError `config.invalid` with every problem at once, in `facts.problems` as `ConfigurationProblem[]`.
 */
export function parseConfiguration<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  options: ParseOptions,
): DeepReadonly<z.output<Schema>> {
  const given = withoutAccessControl(withoutNulls(raw) ?? {});
  const result = schema.safeParse(given, { reportInput: true });
  if (!result.success) throw invalid(options.component, result.error.issues);
  options.onUnknown?.(unknownSettings(schema, given));
  return freezeDeep(result.data) as DeepReadonly<z.output<Schema>>;
}

function invalid(component: string, issues: readonly z.core.$ZodIssue[]) {
  const problems = issues.flatMap(problemsOf);
  const lines = problems.map((problem) => `${problem.pointer}: ${problem.message}`).join('; ');
  const count = problems.length === 1 ? 'a wrong setting' : `${problems.length} wrong settings`;
  return foundationErrors.error('config.invalid', `configuration of ${component} has ${count}: ${lines}`, {
    facts: { component, problems },
  });
}

function problemsOf(issue: z.core.$ZodIssue): ConfigurationProblem[] {
  const at = pointer(issue.path);
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => ({ pointer: at, message: `this name is not allowed: ${wordsOf(inner)}` }));
  }
  if (issue.input === undefined && issue.code !== 'custom') return [{ pointer: at, message: 'is required' }];
  return [{ pointer: at, message: `${wordsOf(issue)}, got ${preview(issue.input)}` }];
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `expected ${NOUNS[issue.expected] ?? issue.expected}`;
  const words = issue.message.replace(/^(Invalid \w+|Too (?:small|big)): /, '');
  return words.charAt(0).toLowerCase() + words.slice(1);
}

const NOUNS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  string: 'a text',
  array: 'a list',
  object: 'a group of settings',
  record: 'a map',
};

const PREVIEW_CHARACTERS = 80;

function preview(value: unknown): string {
  const text = maskCredentials(JSON.stringify(value) ?? String(value));
  return text.length > PREVIEW_CHARACTERS ? `${text.slice(0, PREVIEW_CHARACTERS)}…` : text;
}

function unknownSettings(schema: z.ZodType, given: unknown): UnknownSettings {
  return new Map(
    unknownKeys(schema, given).map((key) => {
      const hint = key.suggestion === undefined ? '' : `; did you mean ${key.suggestion}?`;
      const message = `setting ${key.pointer} is not known and is ignored${hint}`;
      return [`setting ${key.pointer}`, { ...key, message, todo: UNKNOWN_TODO }];
    }),
  );
}

const UNKNOWN_TODO =
  'Correct the name in the deployment, or take the key away with RESET; docs/configuration.md lists the settings.';

/**
 * Why a configuration with keys that no schema knows must not take the place of one without them; undefined if all of them were
 * there before: left over from another version, they keep nobody from deploying.
 */
export function refusalOfUnknown(before: UnknownSettings, next: UnknownSettings): string | undefined {
  const added = [...next].filter(([subject]) => !before.has(subject));
  if (added.length === 0) return undefined;
  return added.map(([, { message }]) => message).join('; ');
}

function withoutNulls(value: unknown): unknown {
  if (value === null || value === 'null') return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls).filter((item) => item !== undefined);
  if (typeof value !== 'object') return value;
  const kept = Object.entries(value).map(([key, child]) => [key, withoutNulls(child)] as const);
  return Object.fromEntries(kept.filter(([, child]) => child !== undefined));
}

function withoutAccessControl(value: unknown): unknown {
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const { accessControl: _accessControl, ...rest } = value as Record<string, unknown>;
  return rest;
}

function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freezeDeep(child);
  return Object.freeze(value);
}
