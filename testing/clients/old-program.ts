import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import { PYTHON_CLIENT } from './caller.ts';

/** A program of the old documentation that is deployed as a component. */
export interface OldProgram {
  /** Its folder below clients/python/examples. */
  readonly folder: string;
  /** Its image, by the name that the recipe gives it. */
  readonly image: readonly [name: string, file: string];
}

const MODULES = ['edgeml_sdk', 'greengrass_machine_learning_sdk'];

/**
 * Writes recipe and zip of the program as greengrass-cli takes them: below `to`, in `recipes` and `artifacts`. Returns the
 * component's name.
 */
export async function packOldProgram({ folder, image }: OldProgram, to: string): Promise<string> {
  const source = path.join(PYTHON_CLIENT, 'examples', folder);
  const recipe = await readFile(path.join(source, 'recipe.yaml'), 'utf8');
  const name = /^ComponentName: (.+)$/m.exec(recipe)?.[1] ?? '';
  const program = `${folder.replaceAll('-', '_')}.py`;
  const all = await Promise.all(
    MODULES.map(async (folder) => {
      const files = await filesBelow(path.join(PYTHON_CLIENT, folder));
      return files.map((file) => `${folder}/${file}`);
    }),
  );
  const modules = all.flat().filter((file) => !file.includes('__pycache__'));
  await writeZip(path.join(to, 'artifacts', name, '1.0.0', 'application.zip'), [
    { path: program, content: { file: path.join(source, program) } },
    { path: `images/${image[0]}`, content: { file: image[1] } },
    ...modules.map((file) => ({ path: file, content: { file: path.join(PYTHON_CLIENT, file) } })),
  ]);
  await mkdir(path.join(to, 'recipes'), { recursive: true });
  await writeFile(path.join(to, 'recipes', `${name}-1.0.0.yaml`), recipe);
  return name;
}
