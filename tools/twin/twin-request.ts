import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readDeploymentDocument } from '../local-core/deployment/read-document.ts';
import type { LocalDeploymentRequest } from '../local-core/ports.ts';
import { twinErrors } from './errors.ts';
import type { StagedBuilds } from './stage-builds.ts';

/**
 * The deployment to try: a document, components as `Name` or `Name=1.0.0`, or else everything that the first build folder holds.
 * @param configured components that get settings: the nucleus passes them to those alone that the deployment names
 * @throws EdgeError `deployment.*`, `twin.no-component`
 */
export async function twinRequest(
  document: string | undefined,
  components: readonly string[],
  builds: StagedBuilds,
  configured: readonly string[] = [],
): Promise<LocalDeploymentRequest> {
  const folders = { recipeDirectoryPath: builds.recipes, artifactsDirectoryPath: builds.artifacts };
  const read = document === undefined ? {} : await readDeploymentDocument(document);
  const named = components.map((text) => versionOf(text, builds));
  const all = document === undefined && named.length === 0 ? [...builds.newest] : named;
  const besides = configured.flatMap((name) => {
    const version = builds.newestOf(name);
    return version === undefined ? [] : [[name, version] as const];
  });
  const versions = { ...Object.fromEntries(besides), ...read.rootComponentVersionsToAdd, ...Object.fromEntries(all) };
  const absent = Object.keys(versions).find((name) => !name.startsWith('aws.') && builds.newestOf(name) === undefined);
  if (absent !== undefined)
    throw twinErrors.error('twin.no-component', `there is no ${absent} in the build folders`, {
      facts: { component: absent },
    });
  // What AWS provides is the core's own: it stands in for it.
  const own = Object.fromEntries(Object.entries(versions).filter(([name]) => !name.startsWith('aws.')));
  return { failureHandlingPolicy: 'ROLLBACK', origin: 'cloud', ...read, ...folders, rootComponentVersionsToAdd: own };
}

function versionOf(text: string, builds: StagedBuilds): readonly [string, string] {
  const [name = '', version] = text.split('=');
  const chosen = version ?? builds.newest.get(name);
  if (chosen !== undefined && name !== '') return [name, chosen];
  throw twinErrors.error(
    'twin.no-component',
    `the first build folder holds no ${name}; give its version: ${name}=1.0.0`,
    { facts: { component: name } },
  );
}

const INPUT = /\.(jpe?g|png|webp|bmp|tiff?|np[yz])$/i;

/** Files as they are given, and the images and arrays of folders. @throws EdgeError `twin.no-image` */
export async function imagesOf(given: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(given.map(filesOf));
  const images = lists.flat();
  if (given.length > 0 && images.length === 0)
    throw twinErrors.error(
      'twin.no-image',
      `there are no JPEG, PNG, WebP, BMP, TIFF, npy or npz files in ${given.join(', ')}`,
    );
  return images;
}

async function filesOf(file: string): Promise<readonly string[]> {
  const facts = await stat(file).catch((cause: unknown) => {
    throw twinErrors.error('twin.no-image', `there is nothing at ${file}`, { cause });
  });
  if (!facts.isDirectory()) return [file];
  const names = (await readdir(file)).filter((name) => INPUT.test(name)).sort();
  return names.map((name) => path.join(file, name));
}
