import { errorCatalogue } from '#packages/foundation';

export const buildErrors = errorCatalogue({
  'build.unknown-component': { status: 404, todo: 'Name one of the components that have a recipe in recipes/.' },
  'build.unknown-platform': { status: 404, todo: 'Name one of the platforms that a runtime is made for.' },
  'build.recipe': { status: 422, todo: 'Correct the recipe in recipes/, then run `npm run edgeml -- lint`.' },
  'build.bundle': { status: 422, todo: 'Correct the source lines that esbuild names.' },
  'build.too-large': {
    status: 422,
    todo: 'See sbom.cdx.json of the zip for what came in; leave native libraries to edgeml.Runtime (tools/bundle/bundle.ts).',
  },
  'build.page': { status: 422, todo: 'Put the marker lines back; `git log -p` on the page shows where they were.' },
  'build.package-fetch': {
    status: 502,
    todo: 'Check the network and the npm registry (`npm ping`); packages fetched before come from the cache.',
  },
  'build.package-integrity': {
    status: 422,
    todo: 'The package differs from the one that was reviewed: do not use it. Remove it from the cache and fetch again; if it stays, change the pin in components/runtime/packages.json on purpose.',
  },
  'build.package-content': {
    status: 422,
    todo: 'The package is laid out differently than components/runtime/platforms.ts says: adapt the table to the version.',
  },
  'build.license-missing': {
    status: 422,
    todo: 'Look the license of the package up, then take another package, or enter what you found in tools/bundle/licenses.',
  },
  'build.model-package': {
    status: 422,
    todo: 'Train or copy the sample models into artifacts/models (artifacts/training says how).',
  },
});
