import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../../tools/bundle/project.ts';
import { readRecipe, strippedRecipe } from '../../tools/bundle/recipe-source.ts';
import { folderEntries } from '../../tools/bundle/zip/folder-entries.ts';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { DETECTOR } from './collection.ts';

const PACKAGE = 'PartsDetector';

/** The tests' changes to model.json. */
export interface Manifest extends Record<string, unknown> {
  readonly input: Readonly<Record<string, unknown>>;
  readonly variants: readonly { readonly file: string }[];
  readonly golden: readonly { readonly input: string; readonly expect: string }[];
}

/**
 * Another version of the detector's component: its recipe and its zip as greengrass-build would hold them, below `folder`.
 * Labels carry the version (`bolt@1.1.0`), so that every answer tells which package it came from. `change` works on the
 * package before it is packed.
 */
export async function detectorVersion(
  folder: string,
  version: string,
  change: (packageFolder: string) => Promise<void> = async () => undefined,
): Promise<LocalDeploymentRequest> {
  const [recipes, artifacts, source] = ['recipes', 'artifacts', 'package'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  await cp(path.join(projectPaths.models, PACKAGE), source, { recursive: true });
  await stamp(source, version);
  await change(source);
  await writeZip(path.join(artifacts, DETECTOR, version, `${PACKAGE}.zip`), await folderEntries(source));
  const { text } = await readRecipe(DETECTOR);
  await mkdir(recipes, { recursive: true });
  await writeFile(
    path.join(recipes, `${DETECTOR}-${version}.yaml`),
    strippedRecipe(text).replace(/^ComponentVersion: .*$/m, `ComponentVersion: '${version}'`),
  );
  return {
    recipeDirectoryPath: recipes,
    artifactsDirectoryPath: artifacts,
    rootComponentVersionsToAdd: { [DETECTOR]: version },
  };
}

export async function editManifest(folder: string, change: (manifest: Manifest) => object): Promise<void> {
  await editText(path.join(folder, 'model.json'), (text) => {
    const manifest = JSON.parse(text) as Manifest;
    return JSON.stringify({ ...manifest, ...change(manifest) }, undefined, 2);
  });
}

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')) as Manifest;
}

export async function editText(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

async function stamp(folder: string, version: string): Promise<void> {
  await editManifest(folder, () => ({ version }));
  await writeFile(
    path.join(folder, 'sagemaker_edge_manifest'),
    JSON.stringify({ metadata: { model_name: PACKAGE, model_version: version } }),
  );
  await editText(path.join(folder, 'labels.txt'), (labels) => labels.replaceAll(/^(.+)$/gm, `$1@${version}`));
  for (const { expect } of (await readManifest(folder)).golden) {
    await editText(path.join(folder, expect), (text) =>
      JSON.stringify(
        (JSON.parse(text) as readonly { readonly label: string }[]).map((one) => ({
          ...one,
          label: `${one.label}@${version}`,
        })),
      ),
    );
  }
}
