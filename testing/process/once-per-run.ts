import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { inject, vi } from 'vitest';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { PATIENCE_MS } from '../patience.ts';

/**
 * A folder that the first test file of the run to ask fills for all of them. Files run side by side: those that ask meanwhile wait.
 *
 * @param name of the folder, below that of the run
 * @throws Error with the reason, for everybody who asks, if it could not be filled
 */
export async function oncePerRun(name: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  const folder = path.join(inject('runFolder'), name);
  const outcome = `${folder}.outcome`;
  if (await isFirst(folder)) {
    const failure = await fill(folder).then(() => '', messageOf);
    await writeAtomically(outcome, failure, { fsync: 'none' });
  }
  await vi.waitUntil(async () => (await readTextIfAny(outcome)) !== undefined, { timeout: PATIENCE_MS });
  const failure = await readTextIfAny(outcome);
  if (failure !== '') throw new Error(`the run's ${name} could not be made: ${failure}`);
  return folder;
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
