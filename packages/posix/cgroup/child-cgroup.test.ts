import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

import { startChild } from '../../../testing/posix/posix-child.ts';
import { SystemFolder } from '../../../testing/posix/system-folder.ts';
import { ChildCgroup } from './child-cgroup.ts';
import { cgroupDelegation } from './delegation.ts';

const SERVICE = 'sys/fs/cgroup/agent.service';
let device: SystemFolder;

/** A service whose unit says Delegate=yes, run by this process. */
function delegated(changes: Readonly<Record<string, string>> = {}): SystemFolder {
  device = new SystemFolder({
    'proc/self/cgroup': '0::/agent.service\n',
    'proc/self/mountinfo': '30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    [`${SERVICE}/cgroup.controllers`]: 'cpu memory pids\n',
    [`${SERVICE}/cgroup.subtree_control`]: '\n',
    [`${SERVICE}/cgroup.procs`]: `${process.pid}\n4000001\n`,
    'proc/4000001/status': `Name:\tnode\nPPid:\t${process.pid}\n`,
    ...changes,
  });
  device.attributes.set(`${device.root}/${SERVICE} user.delegate`, '1');
  return device;
}

const textOf = (path: string): string => readFileSync(`${device.root}/${SERVICE}/${path}`, 'utf8');

describe('cgroupDelegation', () => {
  afterEach(() => device?.remove());

  it('exists if the group is writable, limits memory and holds our processes only', () => {
    expect(cgroupDelegation(delegated())).toEqual({ available: true, folder: `${device.root}/${SERVICE}` });
  });

  it('is still there when this process has moved to a group of its own', () => {
    const files = { 'proc/self/cgroup': '0::/agent.service/self\n', [`${SERVICE}/cgroup.procs`]: '' };
    expect(cgroupDelegation(delegated(files))).toEqual({ available: true, folder: `${device.root}/${SERVICE}` });
  });

  it.each([
    ['no control groups', { 'proc/self/cgroup': '' }, 'no control group limits memory here'],
    [
      'version 1',
      {
        'proc/self/cgroup': '4:memory:/agent\n0::/\n',
        'proc/self/mountinfo': '31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
      },
      'memory is limited by control groups of version 1 here',
    ],
    ['no memory controller', { [`${SERVICE}/cgroup.controllers`]: 'cpu pids\n' }, 'memory controller'],
    [
      'a stranger in the group',
      { [`${SERVICE}/cgroup.procs`]: `${process.pid}\n4000002\n`, 'proc/4000002/status': 'PPid:\t1\n' },
      'process 4000002, which is not ours',
    ],
  ])('says why it is not: %s', (_, files, reason) => {
    expect(cgroupDelegation(delegated(files as Record<string, string>))).toMatchObject({
      available: false,
      reason: expect.stringContaining(reason) as string,
    });
  });
});

describe.runIf(process.getuid?.() === 0)('cgroupDelegation of root', () => {
  afterEach(() => device?.remove());

  it('is not there in a group that nobody has handed over, e.g. the one that a nucleus made to bound us', () => {
    delegated().attributes.clear();
    expect(cgroupDelegation(device)).toMatchObject({
      available: false,
      reason: expect.stringContaining('nobody has delegated') as string,
    });
  });
});

describe('ChildCgroup', () => {
  afterEach(() => device?.remove());

  it('moves this process aside, enables the controllers and bounds the child', () => {
    const group = ChildCgroup.create('instance-1', { memoryMaxBytes: 1000, cpuCores: 0.5, niceness: 5 }, delegated());
    expect(textOf('self/cgroup.procs')).toBe('4000001');
    expect(textOf('cgroup.subtree_control')).toBe('+memory +cpu');
    expect(textOf('instance-1/memory.max')).toBe('1000');
    expect(textOf('instance-1/memory.oom.group')).toBe('1');
    expect(textOf('instance-1/cpu.max')).toBe('50000 100000');
    expect(textOf('instance-1/cpu.weight.nice')).toBe('5');
    group.setNiceness(0);
    expect(textOf('instance-1/cpu.weight.nice')).toBe('0');
    group.add(4242);
    expect(textOf('instance-1/cgroup.procs')).toBe('4242');
  });

  it('tells what the group takes and whom the kernel killed', () => {
    const group = ChildCgroup.create('instance-1', { memoryMaxBytes: 1000 }, delegated());
    device.write(`${SERVICE}/instance-1/memory.current`, '900\n');
    expect(group.memory()).toEqual({ currentBytes: 900, peakBytes: undefined, oomKills: 0 });
    device.write(`${SERVICE}/instance-1/memory.peak`, '1000\n');
    device.write(`${SERVICE}/instance-1/memory.events`, 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\n');
    expect(group.memory()).toEqual({ currentBytes: 900, peakBytes: 1000, oomKills: 1 });
  });

  it('bounds memory alone if the system does not give the CPU controller', () => {
    const files = delegated({ [`${SERVICE}/cgroup.controllers`]: 'memory pids\n' });
    const group = ChildCgroup.create('instance-1', { memoryMaxBytes: 1000, cpuCores: 0.5, niceness: 5 }, files);
    group.setNiceness(19);
    expect(group.boundsCpu).toBe(false);
    expect(textOf('cgroup.subtree_control')).toBe('+memory');
    expect(existsSync(`${group.folder}/cpu.max`)).toBe(false);
    expect(existsSync(`${group.folder}/cpu.weight.nice`)).toBe(false);
  });

  it('takes away what a predecessor left, and nothing else', () => {
    delegated({ [`${SERVICE}/instance-9-2/cgroup.kill`]: '' });
    mkdirSync(`${device.root}/${SERVICE}/instance-9-1`);
    mkdirSync(`${device.root}/${SERVICE}/stranger`);
    expect(ChildCgroup.removeLeftOver('instance-', device)).toBe(2);
    expect(existsSync(`${device.root}/${SERVICE}/instance-9-1`)).toBe(false);
    // The kernel's files go with their folder; these stay, so the folder does.
    expect(textOf('instance-9-2/cgroup.kill')).toBe('1');
    expect(existsSync(`${device.root}/${SERVICE}/stranger`)).toBe(true);
  });

  it('changes nothing and says why if it may not', () => {
    delegated({ [`${SERVICE}/cgroup.controllers`]: '' });
    expect(() => ChildCgroup.create('instance-1', { memoryMaxBytes: 1000 }, device)).toThrow(
      expect.objectContaining({ code: 'posix.denied' }),
    );
    expect(existsSync(`${device.root}/${SERVICE}/instance-1`)).toBe(false);
    expect(existsSync(`${device.root}/${SERVICE}/self`)).toBe(false);
  });
});

/** Why this system cannot show that limits hold; undefined if it can. */
const why = cgroupDelegation();

describe.skipIf(!why.available)(
  `ChildCgroup on this system${why.available ? '' : ` (left out: ${why.reason})`}`,
  () => {
    it('kills the processes that take more memory than their group may have', async () => {
      const group = ChildCgroup.create('instance-test', { memoryMaxBytes: 256 * 1024 ** 2, cpuCores: 1, niceness: 5 });
      const child = await startChild(async ({ say }) => {
        say('ready');
        await new Promise((resolve) => process.once('SIGUSR2', resolve));
        const kept: Buffer[] = [];
        for (;;) kept.push(Buffer.alloc(1024 ** 2, 1));
      });
      await child.line(/^ready/);
      group.add(child.pid);
      child.kill('SIGUSR2');
      expect(await child.exit).toBe('SIGKILL');
      expect(group.memory().oomKills).toBeGreaterThan(0);
      expect(group.remove()).toBe(true);
    });
  },
);
