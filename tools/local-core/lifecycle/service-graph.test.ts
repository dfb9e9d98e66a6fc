import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceRig } from '../../../testing/local-core/service-rig.ts';
import type { ServiceRig } from '../../../testing/local-core/service-rig.ts';

const LOOP = 'echo up; exec sleep 1000';
const HARD = { base: 'HARD' } as const;
const SOFT = { base: 'SOFT' } as const;

let rig: ServiceRig;

beforeEach(async () => {
  rig = await serviceRig();
});

afterEach(async () => {
  await rig.close();
});

function count(entry: string): number {
  return rig.history.filter((one) => one === entry).length;
}

describe('ServiceGraph', () => {
  it('starts a component once its HARD dependency is RUNNING, and does not wait for a SOFT one', async () => {
    const hard = rig.start('hard', { run: LOOP }, { dependencies: HARD });
    rig.start('soft', { run: LOOP }, { dependencies: SOFT });
    rig.start('base', { startup: 'echo starting; while [ ! -e go ]; do sleep 0.02; done' });
    await rig.line('soft up');
    await rig.line('base starting');
    await rig.state(hard, 'INSTALLED');
    expect(rig.lines).not.toContain('hard up');

    await writeFile(path.join(rig.paths.work('base'), 'go'), '');
    await rig.line('hard up');

    expect(rig.history.indexOf('base RUNNING')).toBeLessThan(rig.history.indexOf('hard STARTING'));
  });

  it('lets a component without scripts satisfy its dependents', async () => {
    rig.start('base', {});
    rig.start('hard', { run: LOOP }, { dependencies: HARD });

    await rig.line('hard up');
  });

  it('restarts running HARD dependents when a dependency restarts, not SOFT ones', async () => {
    const base = rig.start('base', { run: LOOP });
    rig.start('hard', { run: LOOP }, { dependencies: HARD });
    const soft = rig.start('soft', { run: LOOP }, { dependencies: SOFT });
    for (const name of ['base', 'hard', 'soft']) await rig.line(`${name} up`);

    base.service.requestRestart();
    await rig.line('base up', 2);
    await rig.line('hard up', 2);

    expect(count('hard RUNNING')).toBe(2);
    expect(count('soft RUNNING')).toBe(1);
    expect(soft.service.state).toBe('RUNNING');
  });

  it('restarts dependents when the version of a dependency changes, through the whole chain', async () => {
    const base = rig.start('base', { run: LOOP });
    rig.start('middle', { run: LOOP }, { dependencies: HARD });
    rig.start('top', { run: LOOP }, { dependencies: { middle: 'HARD' } });
    await rig.line('top up');

    base.service.redefine(rig.define('base', { run: LOOP }, { version: '1.1.0' }));
    await rig.line('top up', 2);

    expect([count('middle RUNNING'), count('top RUNNING')]).toEqual([2, 2]);
  });

  it('restarts dependents when a dependency fails, and holds them back until it runs again', async () => {
    rig.start('base', { run: 'echo up; while [ ! -e fail ]; do sleep 0.02; done; rm fail; exit 1' });
    rig.start('hard', { run: LOOP }, { dependencies: HARD });
    await rig.line('hard up');
    await writeFile(path.join(rig.paths.work('base'), 'fail'), '');
    await rig.line('hard up', 2);

    const again = rig.history.lastIndexOf('base RUNNING');
    expect(rig.history.indexOf('hard STOPPING')).toBeGreaterThan(rig.history.indexOf('base ERRORED'));
    expect(rig.history.lastIndexOf('hard STARTING')).toBeGreaterThan(again);
  });

  it('leaves dependents alone when a dependency finishes', async () => {
    const base = rig.start('base', { run: LOOP });
    const hard = rig.start('hard', { run: LOOP }, { dependencies: HARD });
    await rig.line('hard up');
    base.service.requestStop();
    await rig.state(base, 'FINISHED');

    expect(hard.service.state).toBe('RUNNING');
    expect(count('hard STOPPING')).toBe(0);
  });

  it('keeps dependents waiting while a dependency is BROKEN', async () => {
    const base = rig.start('base', { run: 'exit 1' });
    const hard = rig.start('hard', { install: 'echo installed', run: LOOP }, { dependencies: HARD });
    await rig.state(base, 'BROKEN');
    await rig.line('hard installed');

    await rig.state(hard, 'INSTALLED');
    expect(hard.service.reachedDesiredState).toBe(false);
  });

  it('closes dependents before what they need', async () => {
    rig.start('base', { run: LOOP, shutdown: 'echo base down' });
    rig.start('middle', { run: LOOP, shutdown: 'echo middle down' }, { dependencies: HARD });
    rig.start('top', { run: LOOP, shutdown: 'echo top down' }, { dependencies: { middle: 'HARD', base: 'HARD' } });
    await rig.line('top up');

    await rig.graph.closeAll();

    expect(rig.lines.filter((line) => line.includes('down'))).toEqual([
      'top top down',
      'middle middle down',
      'base base down',
    ]);
  });

  it('orders dependencies before dependents', () => {
    rig.start('top', {}, { dependencies: { middle: 'HARD' } });
    rig.start('middle', {}, { dependencies: SOFT });
    rig.start('base', {});

    expect(rig.graph.inOrder().map(({ name }) => name)).toEqual(['base', 'middle', 'top']);
  });
});
