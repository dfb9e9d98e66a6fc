import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument, visit } from 'yaml';
import { applyPermission } from '../../local-core/store/permissions.ts';
import { unzip } from '../../local-core/store/unzip.ts';
import { readRecipe } from '../../recipe/read-recipe.ts';
import type { ArtifactPermission } from '../../recipe/recipe.ts';

/**
 * A build folder as `ggl-cli deploy` of nucleus lite needs it: it unpacks no archive, so that each zip lies there unpacked, in a
 * folder of its name, and recipes look for it under `{artifacts:path}`. They name no artifacts, since ggl-cli copies the folder
 * as it is.
 *
 * ggl-cli keeps the mode of files and gives all of them to root, so that no component can make its own program executable:
 * files are readable by everybody here, and executable if the recipe asks for it.
 *
 * @param build folder with recipes/ and artifacts/
 * @param target written again
 */
export async function writeForGglCli(build: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(path.join(target, 'recipes'), { recursive: true });
  const recipes = (await readdir(path.join(build, 'recipes'))).filter((name) => /-\d[^/]*\.yaml$/.test(name));
  const executable = new Set<string>();
  for (const name of recipes) {
    const source = path.join(build, 'recipes', name);
    await writeFile(path.join(target, 'recipes', name), withoutArchives(await readFile(source, 'utf8')));
    const recipe = await readRecipe(source);
    for (const { fileName, permission } of recipe.manifests.flatMap(({ artifacts }) => artifacts))
      if (permission.execute !== 'NONE') executable.add(path.join(recipe.name, recipe.version, fileName));
  }
  const artifacts = path.join(build, 'artifacts');
  const files = await readdir(artifacts, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.zip')).sort()) {
    const unpacked = path.join(target, 'artifacts', file.slice(0, -'.zip'.length));
    await unzip(path.join(artifacts, file), unpacked);
    await applyPermission(unpacked, executable.has(file) ? RUN : READ);
  }
}

const READ: ArtifactPermission = { read: 'ALL', execute: 'NONE' };
const RUN: ArtifactPermission = { read: 'ALL', execute: 'ALL' };

function withoutArchives(text: string): string {
  const document = parseDocument(text);
  visit(document, {
    Pair: (_, { key }) => (String(key) === 'Artifacts' ? visit.REMOVE : undefined),
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string')
        scalar.value = scalar.value.replaceAll('{artifacts:decompressedPath}', '{artifacts:path}');
    },
  });
  return document.toString({ lineWidth: 0 });
}
