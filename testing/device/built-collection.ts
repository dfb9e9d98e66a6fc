import { copyFile, link, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import { buildForThisMachine } from '../../tools/bundle/host-build.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { corePaths } from '../../tools/local-core/paths.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';
import { oncePerRun } from '../process/once-per-run.ts';

const RUNTIME = 'edgeml.Runtime';

/** Builds the collection for this machine, once in a run. */
export async function builtCollection(): Promise<void> {
  await oncePerRun('collection', () => buildForThisMachine());
}

/**
 * Builds the collection and puts the unpacked runtime, 195 MB, where a core below `root` unpacks it. A core keeps a file that has the
 * size of its entry in the archive, so this core has less to unpack: two seconds of processor time for every device of the tests.
 */
export async function providedRuntime(root: string): Promise<void> {
  await builtCollection();
  const unpacked = await oncePerRun('unpacked', unpackRuntime);
  for (const file of await filesBelow(unpacked)) {
    const target = path.join(corePaths(root).unarchived, file);
    await mkdir(path.dirname(target), { recursive: true });
    await linkOrCopy(path.join(unpacked, file), target);
  }
}

/** Temporary folders may be on another file system than the project. */
async function linkOrCopy(file: string, target: string): Promise<void> {
  await link(file, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    return copyFile(file, target);
  });
}

/** In the layout of a core: `<component>/<version>/<archive>`. */
async function unpackRuntime(folder: string): Promise<void> {
  const [step] = await buildForThisMachine({ components: [RUNTIME] });
  const { version, artifact } = step!;
  const archive = path.join(projectPaths.output, 'artifacts', RUNTIME, version, artifact);
  await unzip(archive, path.join(folder, RUNTIME, version, path.parse(artifact).name));
}
