import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceRig } from '../../../testing/local-core/service-rig.ts';
import type { ServiceRig } from '../../../testing/local-core/service-rig.ts';

const LOOP = 'echo up; exec sleep 1000';
const HARD = { base: 'HARD' } as const;
const SOFT = { base: 'SOFT' } as const;

let bench: ServiceRig;

beforeEach(async () => {
  bench = await serviceRig();
});

afterEach(async () => {
  await bench.close();
});

function count(entry: string): number {
  return bench.history.filter((one) => one === entry).length;
}

describe('ServiceGraph', () => {
  it('starts a component once its HARD dependency is RUNNING, and does not wait for a SOFT one', async () => {
    const hard = bench.start('hard', { run: LOOP }, { dependencies: HARD });
    bench.start('soft', { run: LOOP }, { dependencies: SOFT });
    bench.start('base', { startup: 'echo starting; while [ ! -e go ]; do sleep 0.02; done' });
    await bench.line('soft up');
    await bench.line('base starting');
    await bench.state(hard, 'INSTALLED');
    expect(bench.lines).not.toContain('hard up');

    await writeFile(path.join(bench.paths.work('base'), 'go'), '');
    await bench.line('hard up');

    expect(bench.history.indexOf('base RUNNING')).toBeLessThan(bench.history.indexOf('hard STARTING'));
  });

  it('lets a component without scripts satisfy its dependents', async () => {
    bench.start('base', {});
    bench.start('hard', { run: LOOP }, { dependencies: HARD });

    await bench.line('hard up');
  });

  it('restarts running HARD dependents when a dependency restarts, not SOFT ones', async () => {
    const base = bench.start('base', { run: LOOP });
    bench.start('hard', { run: LOOP }, { dependencies: HARD });
    const soft = bench.start('soft', { run: LOOP }, { dependencies: SOFT });
    for (const name of ['base', 'hard', 'soft']) await bench.line(`${name} up`);

    base.service.requestRestart();
    await bench.line('base up', 2);
    await bench.line('hard up', 2);

    expect(count('hard RUNNING')).toBe(2);
    expect(count('soft RUNNING')).toBe(1);
    expect(soft.service.state).toBe('RUNNING');
  });

  it('restarts dependents when the version of a dependency changes, through the whole chain', async () => {
    const base = bench.start('base', { run: LOOP });
    bench.start('middle', { run: LOOP }, { dependencies: HARD });
    bench.start('top', { run: LOOP }, { dependencies: { middle: 'HARD' } });
    await bench.line('top up');

    base.service.redefine(bench.define('base', { run: LOOP }, { version: '1.1.0' }));
    await bench.line('top up', 2);

    expect([count('middle RUNNING'), count('top RUNNING')]).toEqual([2, 2]);
  });

  it('restarts dependents when a dependency fails, and holds them back until it runs again', async () => {
    bench.start('base', { run: 'echo up; while [ ! -e fail ]; do sleep 0.02; done; rm fail; exit 1' });
    bench.start('hard', { run: LOOP }, { dependencies: HARD });
    await bench.line('hard up');
    await writeFile(path.join(bench.paths.work('base'), 'fail'), '');
    await bench.line('hard up', 2);

    const again = bench.history.lastIndexOf('base RUNNING');
    expect(bench.history.indexOf('hard STOPPING')).toBeGreaterThan(bench.history.indexOf('base ERRORED'));
    expect(bench.history.lastIndexOf('hard STARTING')).toBeGreaterThan(again);
  });

  it('leaves dependents alone when a dependency finishes', async () => {
    const base = bench.start('base', { run: LOOP });
    const hard = bench.start('hard', { run: LOOP }, { dependencies: HARD });
    await bench.line('hard up');
    base.service.requestStop();
    await bench.state(base, 'FINISHED');

    expect(hard.service.state).toBe('RUNNING');
    expect(count('hard STOPPING')).toBe(0);
  });

  it('keeps dependents waiting while a dependency is BROKEN', async () => {
    const base = bench.start('base', { run: 'exit 1' });
    const hard = bench.start('hard', { install: 'echo installed', run: LOOP }, { dependencies: HARD });
    await bench.state(base, 'BROKEN');
    await bench.line('hard installed');

    await bench.state(hard, 'INSTALLED');
    expect(hard.service.reachedDesiredState).toBe(false);
  });

  it('closes dependents before what they need', async () => {
    bench.start('base', { run: LOOP, shutdown: 'echo base down' });
    bench.start('middle', { run: LOOP, shutdown: 'echo middle down' }, { dependencies: HARD });
    bench.start('top', { run: LOOP, shutdown: 'echo top down' }, { dependencies: { middle: 'HARD', base: 'HARD' } });
    await bench.line('top up');

    await bench.graph.closeAll();

    expect(bench.lines.filter((line) => line.includes('down'))).toEqual([
      'top top down',
      'middle middle down',
      'base base down',
    ]);
  });

  it('orders dependencies before dependents', () => {
    bench.start('top', {}, { dependencies: { middle: 'HARD' } });
    bench.start('middle', {}, { dependencies: SOFT });
    bench.start('base', {});

    expect(bench.graph.inOrder().map(({ name }) => name)).toEqual(['base', 'middle', 'top']);
  });
});
