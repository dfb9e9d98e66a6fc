import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { leftOutLine } from './outside-data/left-out-line.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder of this run, inside the project so that bundles find `node_modules`; removed at the end. */
    runFolder: string;
  }
}

/**
 * Files that tests build for each other go into the run's folder. Vitest calls this for each project of its configuration; all of
 * them have what the root project is given.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.isRootProject()) return undefined;
  const parent = join(import.meta.dirname, '../.edgeml/test');
  await mkdir(parent, { recursive: true });
  const runFolder = await mkdtemp(join(parent, 'run-'));
  project.provide('runFolder', runFolder);
  return async () => {
    // Not a reporter, so that it is said whatever reporters are chosen.
    const leftOut = leftOutLine(project.vitest.state.getTestModules());
    if (leftOut !== undefined) console.log(leftOut);
    await rm(runFolder, { recursive: true, force: true });
  };
}
