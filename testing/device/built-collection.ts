import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import type { BuildStep } from '../../tools/bundle/build.ts';
import { buildForThisMachine } from '../../tools/bundle/host-build.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { corePaths } from '../../tools/local-core/paths.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';
import { oncePerRun } from '../process/once-per-run.ts';

const RUNTIME = 'edgeml.Runtime';
const STEPS = 'steps.json';

/** Builds the collection for this machine, once in a run: a second build beside it would replace files that others read. */
export async function builtCollection(): Promise<readonly BuildStep[]> {
  const folder = await oncePerRun('collection', async (made) => {
    await writeFile(path.join(made, STEPS), JSON.stringify(await buildForThisMachine()));
  });
  return JSON.parse(await readFile(path.join(folder, STEPS), 'utf8')) as readonly BuildStep[];
}

/** The artifact that a step of the build made. */
export function builtArtifact({ component, version, artifact }: BuildStep): string {
  return path.join(projectPaths.output, 'artifacts', component, version, artifact);
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
  const step = await builtRuntime();
  await unzip(builtArtifact(step), path.join(folder, RUNTIME, step.version, path.parse(step.artifact).name));
}

/** The step of the build that made the runtime of this machine. */
export async function builtRuntime(): Promise<BuildStep> {
  return (await builtCollection()).find(({ component }) => component === RUNTIME)!;
}
