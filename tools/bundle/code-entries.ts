import path from 'node:path';
import { bundle } from './bundle.ts';
import type { Bundle } from './bundle.ts';
import { licenceLine } from './licence-line.ts';
import { PROJECT, projectPaths } from './project.ts';
import { COMMONJS_MARK } from './zip/commonjs-mark.ts';
import type { ZipEntry } from './zip/zip-entry.ts';

/** The files of a zip of our own code: its bundles by their name in the zip, plus plain files of components/. */
export async function codeEntries(
  bundles: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly ZipEntry[]> {
  const built = await Promise.all(
    Object.entries(bundles).map(async ([name, entry]) => [name, await bundle(inComponents(entry))] as const),
  );
  return [
    ...built.map(([name, { code }]) => ({ path: name, content: code })),
    ...Object.entries(files).map(([name, file]) => ({ path: name, content: { file: inComponents(file) } })),
    COMMONJS_MARK,
    { path: 'THIRD-PARTY', content: await thirdParty(built.map(([, made]) => made)) },
  ];
}

async function thirdParty(bundles: readonly Bundle[]): Promise<Buffer> {
  const packages = [...new Set(bundles.flatMap((made) => made.packages))].sort();
  const lines = await Promise.all(packages.map((folder) => licenceLine(path.join(PROJECT, folder, 'package.json'))));
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function inComponents(file: string): string {
  return path.join(projectPaths.components, file);
}
