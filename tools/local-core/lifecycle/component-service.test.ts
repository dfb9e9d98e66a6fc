import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { processTable } from './process-table.ts';
import { serviceRig } from '../../../testing/local-core/service-rig.ts';
import type { ServiceRig } from '../../../testing/local-core/service-rig.ts';

const WAIT = 'exec sleep 1000';
/** Says where it is and ends on SIGTERM. */
const LOOP = `echo up; ${WAIT}`;
/** Goes on after a signal that is trapped. */
const STUBBORN = 'echo up; while :; do sleep 0.05; done';

let rig: ServiceRig;

beforeEach(async () => {
  rig = await serviceRig();
});

afterEach(async () => {
  await rig.close();
});

/** Timers of the component that wait now. */
async function timers(count: number): Promise<void> {
  await vi.waitUntil(() => rig.clock.pending === count, { timeout: PATIENCE_MS });
}

describe('a component', () => {
  it('installs, runs, and shuts down', async () => {
    const a = rig.start('a', { install: 'echo installed', run: LOOP, shutdown: 'echo down' });
    await rig.line('a up');
    a.service.requestStop();
    await rig.state(a, 'FINISHED');

    expect(rig.history).toEqual(['a INSTALLED', 'a STARTING', 'a RUNNING', 'a STOPPING', 'a FINISHED']);
    expect(rig.lines).toEqual(['a installed', 'a up', 'a down']);
    expect(a.processes.alive()).toEqual([]);
  });

  it('is RUNNING with startup only when that has ended well', async () => {
    const a = rig.start('a', { startup: 'echo starting; while [ ! -e go ]; do sleep 0.02; done; echo done' });
    await rig.line('a starting');
    expect(a.service.state).toBe('STARTING');

    await timers(1);
    await writeFile(path.join(rig.paths.work('a'), 'go'), '');
    await rig.state(a, 'RUNNING');

    expect(rig.lines).toEqual(['a starting', 'a done']);
  });

  it('is RUNNING when it says so, while startup goes on', async () => {
    const a = rig.start('a', { startup: LOOP });
    await rig.line('a up');

    expect(a.service.report('RUNNING')).toBe(true);
    await rig.state(a, 'RUNNING');
    expect(a.processes.alive()).not.toEqual([]);
    expect(a.service.report('RUNNING')).toBe(false);
  });

  it('prefers startup to run, and finishes if it has neither', async () => {
    rig.start('a', { startup: 'echo startup', run: 'echo run' });
    const b = rig.start('b', { install: 'echo installed' });
    await rig.line('a startup');
    await rig.state(b, 'FINISHED');

    expect(rig.lines).not.toContain('a run');
    expect(rig.history.filter((one) => one.startsWith('b'))).toEqual(['b INSTALLED', 'b STARTING', 'b FINISHED']);
  });

  it('finishes by its shutdown script when run ends with 0', async () => {
    const a = rig.start('a', { run: 'echo ran', shutdown: 'echo down' });
    await rig.state(a, 'FINISHED');

    expect(rig.lines).toEqual(['a ran', 'a down']);
    expect(rig.history).toEqual(['a INSTALLED', 'a STARTING', 'a RUNNING', 'a STOPPING', 'a FINISHED']);
  });

  it('recovers from two errors and is BROKEN at the third, with the reason', async () => {
    const a = rig.start('a', { run: 'echo "no camera" >&2; exit 3', recover: 'echo recover', shutdown: 'echo down' });
    await rig.state(a, 'BROKEN');

    expect(a.service.statusReason).toBe('run: exit code 3; last line: no camera');
    expect(rig.history.filter((one) => one === 'a RUNNING')).toHaveLength(3);
    expect(rig.history.filter((one) => one === 'a ERRORED')).toHaveLength(2);
    expect(rig.lines.filter((one) => one === 'a recover')).toHaveLength(2);
    await rig.line('a down', 3); // also on the way into BROKEN
  });

  it('goes on forever where errors lie an errorResetTime apart', async () => {
    const a = rig.start('a', {
      errorResetTime: 60,
      run: 'echo up; while [ ! -e fail ]; do sleep 0.02; done; rm fail; exit 1',
    });
    for (let round = 1; round <= 5; round++) {
      await rig.line('a up', round);
      await rig.clock.advance(60_000);
      await writeFile(path.join(rig.paths.work('a'), 'fail'), '');
    }
    await rig.line('a up', 6);
    expect(a.service.state).not.toBe('BROKEN');

    for (let round = 7; round <= 8; round++) {
      await writeFile(path.join(rig.paths.work('a'), 'fail'), '');
      if (round < 8) await rig.line('a up', round);
    }
    await rig.state(a, 'BROKEN');
  });

  it('is BROKEN after three failed installations, and never started', async () => {
    const a = rig.start('a', { install: 'echo try; exit 1', run: LOOP });
    await rig.state(a, 'BROKEN');

    expect(rig.lines).toEqual(['a try', 'a try', 'a try']);
    expect(rig.history).toEqual(['a ERRORED', 'a NEW', 'a ERRORED', 'a NEW', 'a BROKEN']);
    expect(a.service.statusReason).toBe('install: exit code 1; last line: try');
  });

  it('leaves BROKEN by a new installation', async () => {
    const a = rig.start('a', { run: 'exit 1' });
    await rig.state(a, 'BROKEN');

    a.service.requestRestart();
    expect(a.service.state).toBe('BROKEN');
    a.service.redefine(rig.define('a', { run: LOOP }));
    await rig.line('a up');
    await rig.state(a, 'RUNNING');

    expect(a.service.statusReason).toBeUndefined();
  });

  it('says so if a script cannot be started', async () => {
    const a = rig.start('a', { run: '/nowhere/tool' });
    await rig.state(a, 'BROKEN');

    expect(a.service.statusReason).toMatch(/^run: exit code 127; last line: .*\/nowhere\/tool.*not found/);
  });

  it('takes an ERRORED that it reports itself', async () => {
    const a = rig.start('a', { run: LOOP });
    await rig.line('a up');
    a.service.report('ERRORED');
    await rig.line('a up', 2);

    expect(rig.history).toContain('a ERRORED');
    expect(a.service.statusReason).toBeUndefined();
  });
});

describe('time-outs', () => {
  it('ends an installation after 120 s', async () => {
    const a = rig.start('a', { install: `echo installing; ${WAIT}` });
    await rig.line('a installing');
    await rig.clock.advance(119_000);
    expect(a.service.state).toBe('NEW');
    await rig.clock.advance(1_000);
    await rig.line('a installing', 2);

    expect(rig.history.slice(0, 2)).toEqual(['a ERRORED', 'a NEW']);
    expect(a.service.statusReason).toBe('install: timed out after 120 s');
  });

  it("ends a startup after the recipe's time", async () => {
    const a = rig.start('a', { startup: { Script: LOOP, Timeout: 5 } });
    await rig.line('a up');
    await rig.clock.advance(5_000);
    await rig.state(a, 'STOPPING');

    expect(a.service.statusReason).toBe('startup: timed out after 5 s');
    expect(a.service.readyForDependents).toBe(false);
  });

  it('has none for run unless the recipe gives one', async () => {
    const a = rig.start('a', { run: LOOP });
    await rig.line('a up');
    await rig.clock.advance(10_000_000);
    rig.start('b', { run: { Script: LOOP, Timeout: 5 } });
    await rig.line('b up');
    await rig.clock.advance(5_000);
    await rig.line('b up', 2);

    expect(a.service.state).toBe('RUNNING');
    expect(rig.history.filter((one) => one === 'b ERRORED')).toHaveLength(1);
  });

  it('ends a recover script after 60 s and goes on', async () => {
    rig.start('a', { run: 'echo try; exit 1', recover: `echo recovering; ${WAIT}` });
    await rig.line('a recovering');
    await rig.clock.advance(60_000);

    await rig.line('a try', 2);
  });

  it('kills after 5 s what does not end on SIGTERM', async () => {
    const a = rig.start('a', { run: `trap 'echo no' TERM; ${STUBBORN}` });
    await rig.line('a up');
    a.service.requestStop();
    await rig.line('a no');
    await timers(2); // the grace of 5 s, the shutdown limit of 15 s
    await rig.clock.advance(4_900);
    expect(a.processes.alive()).not.toEqual([]);
    await rig.clock.advance(100);
    await rig.state(a, 'FINISHED');

    expect(a.processes.alive()).toEqual([]);
  });

  it('kills everything when the shutdown time is over, and calls that an error', async () => {
    const a = rig.start('a', { run: `trap '' TERM; ${STUBBORN}`, shutdown: `echo down; ${WAIT}` });
    await rig.line('a up');
    a.service.requestStop();
    await rig.line('a down');
    await rig.clock.advance(15_000);
    await rig.state(a, 'FINISHED');

    expect(rig.history.slice(-3)).toEqual(['a STOPPING', 'a ERRORED', 'a FINISHED']);
    expect(a.processes.alive()).toEqual([]);
  });
});

describe('processes', () => {
  it('are all ended that descend from the script: children, grandchildren, and those that left their group', async () => {
    const daemon = process.platform === 'linux' ? 'setsid sleep 1000 & ' : '';
    const a = rig.start('a', { run: `sleep 1000 & (sleep 1000 & wait) & ${daemon}${LOOP}` });
    await rig.line('a up');
    const wanted = process.platform === 'linux' ? 5 : 4;
    await vi.waitUntil(() => a.processes.alive().length >= wanted, { timeout: PATIENCE_MS });
    const before = a.processes.alive();
    a.service.requestStop();
    await rig.state(a, 'FINISHED');

    const alive = new Set(processTable().map(({ pid }) => pid));
    expect(before.filter((pid) => alive.has(pid))).toEqual([]);
  });

  it('go on as those of no component once they have left the tree, as on the Java nucleus', async () => {
    const a = rig.start('a', { run: `(sleep 1000 >/dev/null 2>&1 & echo "left $!"); ${LOOP}` });
    await rig.line('a up');
    const left = Number(
      rig.lines
        .find((line) => line.startsWith('a left '))
        ?.split(' ')
        .at(-1),
    );
    a.service.requestStop();
    await rig.state(a, 'FINISHED');

    expect(processTable().some(({ pid }) => pid === left)).toBe(true);
  });

  it('are all ended of the control group on nucleus lite, those too that have left the tree', async () => {
    const lite = await serviceRig({ strictLite: true });
    try {
      const a = lite.start('a', { run: `(sleep 1000 >/dev/null 2>&1 & echo "left $!"); ${LOOP}` });
      await lite.line('a up');
      const left = Number(
        lite.lines
          .find((line) => line.startsWith('a left '))
          ?.split(' ')
          .at(-1),
      );
      a.service.requestStop();
      await lite.state(a, 'FINISHED');

      expect(processTable().some(({ pid }) => pid === left)).toBe(false);
    } finally {
      await lite.close();
    }
  });

  it('run in the work folder, with the environment of lifecycle and section', async () => {
    rig.start('a', {
      Setenv: { LEVEL: 'lifecycle', TOP: 'yes' },
      run: { Script: 'echo "$PWD $LEVEL $TOP ${#SVCUID}"', Setenv: { LEVEL: 'section' } },
    });

    await rig.line(`a ${rig.paths.work('a')} section yes 16`);
  });

  it('have no input', async () => {
    rig.start('a', { run: 'read -r x; echo "got <$x>"' });

    await rig.line('a got <>');
  });

  it('are not started where Skipif holds', async () => {
    const a = rig.start('a', {
      install: { Script: 'echo installed', Skipif: 'onpath sh' },
      startup: { Script: 'echo startup', Skipif: '! exists /nowhere' },
      run: 'echo ran',
    });
    await rig.state(a, 'FINISHED');

    expect(rig.lines).toEqual(['a ran']);
  });

  it('write to the log of the component', async () => {
    const a = rig.start('a', { run: 'echo out; echo err >&2' });
    await rig.state(a, 'FINISHED');

    const log = await readFile(a.log.path, 'utf8');
    expect(log).toMatch(
      /\[INFO\] a: stdout\. out\. \{scriptName=services\.a\.lifecycle\.run, serviceName=a, currentState=/,
    );
    expect(log).toMatch(/\[WARN\] a: stderr\. err\. /);
    expect(log).toMatch(/state\. STARTING -> RUNNING/);
  });
});

describe('a new definition', () => {
  it('of another version installs again, and shuts down with the script of the old one', async () => {
    const a = rig.start('a', { install: 'echo i1', run: LOOP, shutdown: 'echo down1' });
    await rig.line('a up');
    a.service.redefine(
      rig.define('a', { install: 'echo i2', run: LOOP, shutdown: 'echo down2' }, { version: '2.0.0' }),
    );
    await rig.line('a up', 2);
    a.service.requestStop();
    await rig.state(a, 'FINISHED');

    expect(rig.lines).toEqual(['a i1', 'a up', 'a down1', 'a i2', 'a up', 'a down2']);
  });

  it('with another run script restarts without installing', async () => {
    const a = rig.start('a', { install: 'echo i', run: LOOP });
    await rig.line('a up');
    a.service.redefine(rig.define('a', { install: 'echo i', run: `echo two; ${WAIT}` }));
    await rig.line('a two');

    expect(rig.lines).toEqual(['a i', 'a up', 'a two']);
  });

  it('with another shutdown script or dependency type leaves it alone', async () => {
    const a = rig.start('a', { run: LOOP });
    await rig.line('a up');
    a.service.redefine(rig.define('a', { run: LOOP, shutdown: 'echo down' }));

    expect(a.service.reachedDesiredState).toBe(true);
    expect(a.service.state).toBe('RUNNING');
  });
});

describe('the end', () => {
  it('of a removed component is its uninstall script, which knows the version', async () => {
    const a = rig.start('a', {
      run: LOOP,
      shutdown: 'echo down',
      uninstall: 'echo "bye $GREENGRASS_COMPONENT_VERSION"',
    });
    await rig.line('a up');
    a.service.requestUninstall();
    await rig.graph.close(a.service);

    expect(rig.lines).toEqual(['a up', 'a down', 'a bye 1.0.0']);
    expect(a.service.state).toBe('UNINSTALLED');
  });

  it('of a broken component too', async () => {
    const a = rig.start('a', { run: 'exit 1', uninstall: 'echo bye' });
    await rig.state(a, 'BROKEN');
    a.service.requestUninstall();
    await a.service.close();

    expect(rig.lines).toEqual(['a bye']);
  });

  it('does not wait for an installation', async () => {
    const a = rig.start('a', { install: `echo installing; ${WAIT}` });
    await rig.line('a installing');
    await a.service.close();

    expect(a.processes.alive()).toEqual([]);
  });

  it('of the core kills a component that is starting', async () => {
    const a = rig.start('a', { startup: LOOP });
    await rig.line('a up');
    await a.service.close();

    expect(a.service.state).toBe('FINISHED');
    expect(a.processes.alive()).toEqual([]);
  });
});
