import { errorCatalogue } from '#packages/foundation';

export const recipeErrors = errorCatalogue({
  'recipe.unreadable': { status: 400, todo: 'Check the path and the permissions of the recipe file.' },
  'recipe.invalid': { status: 400, todo: 'Correct the places that the message lists.' },
  'recipe.no-manifest': {
    status: 400,
    todo: 'Add a manifest for this platform, or start the core with a platform override that an existing manifest matches.',
  },
  'recipe.lifecycle-invalid': { status: 400, todo: 'Correct the named lifecycle section of the recipe.' },
});
