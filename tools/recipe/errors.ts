import { entry, errorCatalog } from '#packages/foundation';
import type { RecipeIssue } from './issue.ts';

export const recipeErrors = errorCatalog({
  'authorization.bad-resource': entry<{ readonly resource: string }>({
    todo: 'Use `*` for any run of characters and ${*}, ${?} or ${$} for the characters themselves.',
  }),
  'recipe.invalid': entry<{ readonly file: string; readonly issues: readonly RecipeIssue[] }>({
    todo: 'Correct the places that the message lists.',
  }),
  'recipe.lifecycle-invalid': entry<{ readonly component: string; readonly problems: readonly string[] }>({
    todo: 'Correct the named lifecycle section of the recipe.',
  }),
  'recipe.no-manifest': entry<{
    readonly component: string;
    readonly version: string;
    readonly platform: Readonly<Record<string, string>>;
  }>({
    todo: 'Add a manifest for this platform, or start the core with a platform override that an existing manifest matches.',
  }),
  'recipe.unreadable': { todo: 'Check the path and the permissions of the recipe file.' },
});
