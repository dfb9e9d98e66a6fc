import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument, visit } from 'yaml';
import { unzip } from '../../local-core/store/unzip.ts';

/**
 * A build folder as `ggl-cli deploy` of nucleus lite needs it: it unpacks no archive, so that each zip lies there unpacked, in a
 * folder of its name, and recipes look for it under `{artifacts:path}`. They name no artifacts, since ggl-cli copies the folder
 * as it is.
 *
 * @param build folder with recipes/ and artifacts/
 * @param target written anew
 */
export async function writeForGglCli(build: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(path.join(target, 'recipes'), { recursive: true });
  const recipes = (await readdir(path.join(build, 'recipes'))).filter((name) => /-\d[^/]*\.yaml$/.test(name));
  for (const name of recipes) {
    const text = await readFile(path.join(build, 'recipes', name), 'utf8');
    await writeFile(path.join(target, 'recipes', name), withoutArchives(text));
  }
  const artifacts = path.join(build, 'artifacts');
  const files = await readdir(artifacts, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.zip')).sort())
    await unzip(path.join(artifacts, file), path.join(target, 'artifacts', file.slice(0, -'.zip'.length)));
}

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
