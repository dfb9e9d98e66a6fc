import type { z } from 'zod';
import { closest } from '#packages/foundation';
import { isPlainObject } from './recipe.ts';

/** `merge` and `reset` in CreateDeployment of the cloud, `MERGE` and `RESET` in local deployments. */
const KEYS = { cloud: ['merge', 'reset'], local: ['MERGE', 'RESET'] } as const;

/** A configuration update with its keys in the case of one form; other keys are kept. */
export function updateInForm(update: unknown, form: keyof typeof KEYS): unknown {
  if (!isPlainObject(update)) return update;
  const entries = Object.entries(update).map(([key, value]) => {
    const known = KEYS[form].find((name) => name.toLowerCase() === key.toLowerCase());
    return [known ?? key, value] as const;
  });
  return Object.fromEntries(entries);
}

/** The words of an issue, and for a key that nobody knows the one that was probably meant. */
export function issueWords(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return issue.keys
    .map((key) => {
      const suggestion = closest(key, known);
      return `${key} is not one of its keys${suggestion === undefined ? `; it takes ${known.join(', ')}` : `; did you mean ${suggestion}?`}`;
    })
    .join('; ');
}
