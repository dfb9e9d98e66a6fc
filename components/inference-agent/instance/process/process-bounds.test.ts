import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { SystemFolder } from '../../../../testing/posix/system-folder.ts';
import { startChild } from '../../../../testing/posix/posix-child.ts';
import type { Child } from '../../../../testing/process/child.ts';
import { InstanceGroups } from './instance-groups.ts';
import { ProcessBounds } from './process-bounds.ts';
import type { ProcessDemands } from './process-bounds.ts';
import { priorityOf } from './process-priority.ts';

const AGENT = 'sys/fs/cgroup/agent.service';
let device: SystemFolder | undefined;
let child: Child | undefined;
afterEach(async () => {
  device?.remove();
  await child?.end('SIGKILL');
  [device, child] = [undefined, undefined];
});

/** An agent whose unit says Delegate=yes. */
function delegated(controllers = 'cpu memory'): SystemFolder {
  device = new SystemFolder({
    'proc/self/cgroup': '0::/agent.service\n',
    'proc/self/mountinfo': '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    [`${AGENT}/cgroup.controllers`]: controllers,
    [`${AGENT}/cgroup.subtree_control`]: '',
    [`${AGENT}/cgroup.procs`]: `${process.pid}\n`,
  });
  device.attributes.set(`${device.root}/${AGENT} user.delegate`, '1');
  return device;
}

/** An agent in a group that it may not divide. */
const undelegated = () => (device = new SystemFolder({ 'proc/self/cgroup': '' }));

async function idle(): Promise<number> {
  child = await startChild(async ({ say }) => {
    say('ready');
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  });
  await child.line(/^ready/);
  return child.pid;
}

function hold(pid: number, demands: Partial<ProcessDemands>, files: SystemFolder): ProcessBounds {
  const groups = InstanceGroups.open(files);
  const all = { niceness: 0, inBackground: true, ...demands };
  return new ProcessBounds(pid, all, groups, new FakeClock(), () => undefined);
}

describe.runIf(process.platform === 'linux')('ProcessBounds', () => {
  const group = (file: string): string => `${device?.root}/${AGENT}/instance-${process.pid}-1/${file}`;
  const textOf = (file: string): string => readFileSync(group(file), 'utf8');

  it('hold a process by a control group of its own, last while it loads and then as its service asks', async () => {
    const demands = { memoryLimitBytes: 300 * 1024 ** 2, cpuCores: 0.5, niceness: 4 };
    const pid = await idle();
    const bounds = hold(pid, demands, delegated());
    expect(bounds.words).toBe('memory: control group; CPU share: control group; priority: control group');
    expect(bounds.selfBound).toBe(false);
    expect(['cgroup.procs', 'memory.max', 'cpu.max', 'cpu.weight.nice'].map(textOf)).toEqual([
      String(pid),
      String(300 * 1024 ** 2),
      '50000 100000',
      '19',
    ]);
    bounds.opened();
    expect(textOf('cpu.weight.nice')).toBe('4');
    bounds.end();
  });

  it('say that the kernel ended a process for its memory', async () => {
    const bounds = hold(await idle(), { memoryLimitBytes: 300_000 * 1024 }, delegated());
    expect(bounds.exceeded).toBeUndefined();
    writeFileSync(group('memory.events'), 'oom 1\noom_kill 1\n');
    expect(bounds.exceeded).toMatchObject({
      code: 'instance.memory-exceeded',
      message: expect.stringContaining('more than the 300000 KB that LocalInferenceServiceMemoryLimitKB') as string,
    });
    bounds.end();
  });

  it('are a watch and the bound of the process on itself without a group, and say what is not held', async () => {
    const bounds = hold(await idle(), { memoryLimitBytes: 1024 ** 3, cpuCores: 0.5 }, undelegated());
    expect(bounds.selfBound).toBe(true);
    expect(bounds.words).toMatch(
      /^memory: watched, and RLIMIT_DATA; CPU share: not held \(no control group limits memory here\); priority: niceness/,
    );
    bounds.end();
  });

  it('say so if the group bounds no CPU', async () => {
    const bounds = hold(await idle(), { cpuCores: 2 }, delegated('memory'));
    expect(bounds.words).toContain('CPU share: not held (the control group does not have the CPU controller)');
    expect(existsSync(group('cpu.max'))).toBe(false);
    bounds.end();
  });
});

describe.runIf(process.platform === 'linux')('the priority of a process that loads', () => {
  const nice = (pid: number): number => getPriority(pid);
  const policy = (pid: number): number =>
    Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[38],
    );

  it.skipIf(process.getuid?.() !== 0)('is the last, if it may come back', async () => {
    const pid = await idle();
    const priority = priorityOf(pid, 3, undefined, true);
    priority.lower();
    expect(nice(pid)).toBe(19);
    priority.restore();
    expect(nice(pid)).toBe(getPriority() + 3);
  });

  it('is that of its service and gives way to who wakes up, if more could not be taken back', async () => {
    const pid = await idle();
    const priority = priorityOf(pid, 3, undefined, false);
    priority.lower();
    expect([nice(pid), policy(pid)]).toEqual([getPriority() + 3, 3]);
    priority.restore();
    expect([nice(pid), policy(pid)]).toEqual([getPriority() + 3, 0]);
  });
});
