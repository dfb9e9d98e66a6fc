import { copyFile, mkdir, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT, projectPaths } from '../../tools/bundle/project.ts';

/**
 * A copy of a component's gdk project below `root`, for gdk empties `greengrass-build` in the project before each build, and other
 * tests read the folders of the components meanwhile.
 *
 * @param folder of the component, below `components`
 * @returns the folder where gdk is started
 */
export async function gdkProject(root: string, folder: string): Promise<string> {
  const source = path.join(projectPaths.components, folder);
  const copy = path.join(root, 'components', folder);
  await mkdir(copy, { recursive: true });
  await copyFile(path.join(source, 'gdk-config.json'), path.join(copy, 'gdk-config.json'));
  await symlink(await realpath(path.join(source, 'recipe.yaml')), path.join(copy, 'recipe.yaml'));
  // The build command of gdk-config.json leads from here to the project's tools.
  await symlink(path.join(PROJECT, 'tools'), path.join(root, 'tools')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return copy;
}
