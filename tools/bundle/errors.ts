import { entry, errorCatalog } from '#packages/foundation';

/** Exact version of an npm package and the hash of its tarball, in npm's `sha512-<base64>` form. */
export interface PackagePin {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

export const buildErrors = errorCatalog({
  'build.bundle': { todo: 'Correct the source lines that esbuild names.' },
  'build.license-missing': entry<
    | { readonly package: string; readonly version: string; readonly at?: string }
    | { readonly library: string }
    | { readonly of: string; readonly license: string }
  >({
    todo: 'Look the license of the package up, then take another package, or enter what you found in tools/bundle/licenses.',
  }),
  'build.model-package': {
    todo: 'Train or copy the sample models into artifacts/models (artifacts/training says how).',
  },
  'build.package-content': {
    todo: 'The package is laid out differently than components/runtime/platforms.ts says: adapt the table to the version.',
  },
  'build.package-fetch': entry<PackagePin>({
    todo: 'Check the network and the npm registry (`npm ping`); packages fetched before come from the cache.',
  }),
  'build.package-integrity': entry<PackagePin & { readonly found: string; readonly file: string }>({
    todo: 'The package differs from the one that was reviewed: do not use it. Remove it from the cache and fetch again; if it stays, change the pin in components/runtime/packages.json on purpose.',
  }),
  'build.page': { todo: 'Put the marker lines back; `git log -p` on the page shows where they were.' },
  'build.recipe': { todo: 'Correct the recipe in recipes/, then run `npm run edgeml -- lint`.' },
  'build.route-undescribed': entry<{ readonly method: string; readonly path: string }>({
    todo: 'Say in the `api` of the route what it takes and answers; answers are interfaces of packages/http/api.',
  }),
  'build.too-large': entry<{ readonly artifact: string; readonly bytes: number }>({
    todo: 'See sbom.cdx.json of the zip for what came in; leave native libraries to edgeml.Runtime (tools/bundle/bundle.ts).',
  }),
  'build.unknown-component': { todo: 'Name one of the components that have a recipe in recipes/.' },
  'build.unknown-platform': { todo: 'Name one of the platforms that a runtime is made for.' },
});
