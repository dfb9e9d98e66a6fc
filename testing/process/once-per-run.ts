import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { inject, vi } from 'vitest';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { PATIENCE_MS } from '../patience.ts';

/**
 * A folder that the first test file of the run to ask fills for all of them. Files run side by side: those that ask meanwhile wait.
 * A campaign or a soak, which Vitest does not run, has its own run.
 *
 * @param name of the folder, below that of the run
 * @throws Error with the reason, for everybody who asks, if it could not be filled
 */
export async function oncePerRun(name: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  if (!isTestRun()) return oncePerProcess(name, fill);
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

/**
 * Whether nobody has asked for this name among these before: in the run, or, if Vitest does not run this, in the process.
 *
 * @param names folder of the names, below that of the run
 */
export async function isFirstIn(names: string, name: string): Promise<boolean> {
  const folder = path.join(isTestRun() ? inject('runFolder') : ownFolder(), names);
  await mkdir(folder, { recursive: true });
  return isFirst(path.join(folder, name));
}

function isTestRun(): boolean {
  return process.env['VITEST'] !== undefined;
}

const made = new Map<string, Promise<string>>();

function oncePerProcess(name: string, fill: (folder: string) => Promise<unknown>): Promise<string> {
  const known = made.get(name);
  if (known) return known;
  const folder = path.join(ownFolder(), name);
  const filled = mkdir(folder)
    .then(() => fill(folder))
    .then(() => folder);
  made.set(name, filled);
  return filled;
}

let own: string | undefined;

/** Inside the project, so that bundles find `node_modules`; removed when the process ends. */
function ownFolder(): string {
  if (own !== undefined) return own;
  const parent = path.join(import.meta.dirname, '../../.edgeml/test');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, 'alone-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return (own = folder);
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
