import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT } from '../project.ts';
import type { BundledSoftware } from './bundled-software.ts';
import { isLicenseFile } from './license-file.ts';
import { npmSoftware } from './npm-package.ts';
import type { NpmPackage } from './npm-package.ts';

/**
 * Packages of node_modules, by their folders relative to the project.
 *
 * @throws EdgeError `build.license-missing`
 */
export async function installedPackages(folders: readonly string[]): Promise<readonly BundledSoftware[]> {
  if (folders.length === 0) return [];
  const { packages } = JSON.parse(await readFile(path.join(PROJECT, 'package-lock.json'), 'utf8')) as LockFile;
  return Promise.all(folders.map((folder) => installedPackage(folder, packages[folder]?.integrity)));
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string } | undefined>>;
}

async function installedPackage(folder: string, integrity: string | undefined): Promise<BundledSoftware> {
  const root = path.join(PROJECT, folder);
  const names = (await readdir(root)).filter(isLicenseFile).sort();
  const [manifest, ...texts] = await Promise.all(
    ['package.json', ...names].map((name) => readFile(path.join(root, name), 'utf8')),
  );
  return npmSoftware({
    manifest: JSON.parse(manifest as string) as NpmPackage['manifest'],
    texts: texts.map((text, index) => ({ title: names[index] as string, text })),
    ...(integrity === undefined ? {} : { integrity }),
  });
}
