import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { projectPaths } from '../../tools/bundle/project.ts';
import botocore from './botocore.json' with { type: 'json' };
import { fetchWheel } from './fetch-wheel.ts';
import { pipSettings } from './pip-settings.ts';
import { readZipEntries } from './read-zip-entries.ts';

export type ServiceName = keyof typeof botocore.models;

/** The folder's name says which models of which wheel it holds. */
const CONTENT = createHash('sha256').update(JSON.stringify(botocore)).digest('hex');
const FOLDER = path.join(projectPaths.cache, 'aws-models', `botocore-${CONTENT.slice(0, 16)}`);

/**
 * Models of AWS services as botocore has them (Apache-2.0), from the wheel pinned in botocore.json. The first call on a machine
 * fetches it from the package index (17 MB); then the models are in the cache.
 * @param fetch gives the wheel; the hash is checked by it
 * @returns the folder with `<service>.json`
 * @throws Error if the index cannot be reached
 */
export async function serviceModelFolder(
  folder = FOLDER,
  fetch: () => Promise<Buffer> = () => fetchWheel(botocore, pipSettings()),
): Promise<string> {
  if (existsSync(folder)) return folder;
  const wheel = await fetch();
  const contents = await readZipEntries(wheel, Object.values(botocore.models));
  await mkdir(path.dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  try {
    for (const [service, name] of Object.entries(botocore.models))
      await writeFile(path.join(fresh, `${service}.json`), await promisify(gunzip)(contents.get(name)!));
    await rename(fresh, folder).catch((error: unknown) => {
      // Another process was faster; what it put there is the same.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** The model of a service, parsed. @throws Error as `serviceModelFolder` */
export async function readServiceModel(service: ServiceName): Promise<unknown> {
  return JSON.parse(await readFile(path.join(await serviceModelFolder(), `${service}.json`), 'utf8'));
}
