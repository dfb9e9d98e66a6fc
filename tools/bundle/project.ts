import path from 'node:path';

/** Folders of the project. Everything that is built or fetched goes below `greengrass-build` and `.edgeml`, both ignored by git. */
export const PROJECT = path.resolve(import.meta.dirname, '../..');

export const projectPaths = {
  recipes: path.join(PROJECT, 'recipes'),
  packages: path.join(PROJECT, 'packages'),
  components: path.join(PROJECT, 'components'),
  models: path.join(PROJECT, 'artifacts/models'),
  output: path.join(PROJECT, 'greengrass-build'),
  cache: path.join(PROJECT, '.edgeml/cache'),
} as const;
