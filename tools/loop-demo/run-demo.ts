import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { FALSE_ALARMS } from './false-alarms.ts';
import { changeWorld } from './fleet/change-world.ts';
import { compareModels } from './fleet/compare-models.ts';
import { startFleet } from './fleet/start-fleet.ts';
import { learn } from './models/learn.ts';
import { Packages } from './models/packages.ts';
import { PACE } from './pace.ts';
import { openPython } from './python.ts';
import type { DemoResult } from './result.ts';
import type { DemoRun } from './run.ts';
import { Steps } from './steps.ts';
import { renderWorld } from './world/render-world.ts';

export type DemoOptions = Pick<DemoRun, 'seed' | 'folder' | 'signal' | 'say'> & Partial<Pick<DemoRun, 'pace'>>;

/** The whole loop, on this machine. Replaces the contents of the folder. */
export async function runDemo({ pace = PACE, ...options }: DemoOptions): Promise<DemoResult> {
  const { seed, folder, signal, say } = options;
  const steps = new Steps(() => performance.now(), say);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const python = await steps.run('Prepare Python', () => openPython(signal));
  const world = await steps.run('Render the world, or take it from the cache', () => renderWorld(python, say));
  const packages = new Packages(path.join(folder, 'models'), signal);
  const run: DemoRun = { ...options, pace, python, world, packages, steps };
  const reference = world.pictures('reference').map(({ file }) => file);
  await steps.run('Package the first model with its baseline', () => packages.champion(reference));
  const started = await steps.run('Start the fleet', () => startFleet(run));
  const { fleet, devices, factory } = started;
  try {
    await changeWorld(run, started);
    const observed = factory.minutes;
    const learned = await learn(run, started);
    const compared = await compareModels(run, started);
    return {
      seed,
      steps: steps.done,
      devices: { real: devices.length, all: fleet.devices },
      pictures: devices.reduce((sum, { pictures }) => sum + pictures, 0),
      minutes: { observed, all: factory.minutes },
      alarms: factory.alarms,
      scenes: factory.scenes,
      points: factory.points,
      falseAlarms: FALSE_ALARMS,
      ...learned,
      ...compared,
      violations: fleet.violations,
    };
  } finally {
    await started.close();
  }
}
