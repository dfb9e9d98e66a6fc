import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exists, filesBelow } from '#packages/foundation';
import { PROJECT, projectPaths } from '../../bundle/project.ts';
import type { Python } from '../python.ts';
import { NEW_SHARE, SETS } from '../settings.ts';
import type { SetName } from '../settings.ts';
import { World } from './world.ts';

const TRAINING = path.join(PROJECT, 'artifacts/training');
/** Code that pictures depend on. */
const RENDERER = ['parts', 'loop/world.py', 'loop/wing_nut.py'];
const PROCESSES = 2;

/** Renders the sets that are not in the cache yet. */
export async function renderWorld(python: Python, onProgress: (what: string) => void): Promise<World> {
  const names = Object.keys(SETS) as readonly SetName[];
  const folder = path.join(projectPaths.cache, 'loop-demo', `world-${await fingerprint()}`);
  for (const name of names) {
    const { phase, count, seed } = SETS[name];
    const [target, partial] = [path.join(folder, name), path.join(folder, `${name}.partial`)];
    if (await exists(target)) continue;
    onProgress(`Rendering ${count} pictures: ${name}`);
    await rm(partial, { recursive: true, force: true });
    await python(['loop.world', partial, phase, ...[count, seed, PROCESSES, NEW_SHARE].map(String)]);
    await rename(partial, target);
  }
  return World.read(folder, names);
}

/** Of the renderer and of what is asked of it. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([SETS, NEW_SHARE]));
  for (const place of RENDERER) {
    const full = path.join(TRAINING, place);
    const files = place.endsWith('.py') ? [full] : (await filesBelow(full)).map((file) => path.join(full, file));
    for (const file of files.filter((one) => one.endsWith('.py')).sort()) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 12);
}
