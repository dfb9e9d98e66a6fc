import { errorCatalogue } from '#packages/foundation';

export const publishErrors = errorCatalogue({
  'publish.no-build': { status: 404, todo: 'Run `npm run build` first, or name the build folder with --build.' },
  'publish.unknown-component': { status: 404, todo: 'Name components that are in the build folder.' },
  'publish.recipe': { status: 422, todo: 'Correct the recipe, then run `npm run edgeml -- lint` and build again.' },
  'publish.missing-artifact': {
    status: 404,
    todo: 'Build the component again: the recipe names a file that is not in artifacts/<Name>/<Version>.',
  },
  'publish.dependency-cycle': { status: 422, todo: 'Remove one of the named dependencies from its recipe.' },
  'publish.bucket': {
    status: 400,
    todo: 'Give the name of a bucket in the region of the components: 3 to 63 lower-case letters, digits and hyphens, no dots.',
  },
  'publish.version-taken': {
    status: 409,
    todo: 'Published versions never change. Raise ComponentVersion in the recipe, build and publish again.',
  },
  'publish.not-deployable': {
    status: 422,
    todo: 'Correct what Greengrass names, then publish again: the failed version is replaced.',
  },
  'publish.timeout': {
    status: 504,
    todo: 'Run the command again: it goes on waiting. Give --timeout a higher value where Greengrass is slow.',
  },
});
