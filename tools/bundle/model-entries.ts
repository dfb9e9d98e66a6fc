import { access } from 'node:fs/promises';
import path from 'node:path';
import { buildErrors } from './errors.ts';
import { projectPaths } from './project.ts';
import { folderEntries } from './zip/folder-entries.ts';
import type { ZipEntry } from './zip/zip-entry.ts';

/**
 * A model package as it is in artifacts/models.
 *
 * @throws EdgeError `build.model-package` if there is none.
 */
export async function modelEntries(name: string): Promise<readonly ZipEntry[]> {
  const folder = path.join(projectPaths.models, name);
  await access(path.join(folder, 'model.json')).catch((cause: unknown) => {
    throw buildErrors.error('build.model-package', `there is no model package in ${folder}: model.json is missing`, {
      cause,
    });
  });
  return folderEntries(folder);
}
