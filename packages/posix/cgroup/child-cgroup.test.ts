import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';

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
  return device;
}

const textOf = (path: string): string => readFileSync(`${device.root}/${SERVICE}/${path}`, 'utf8');

describe('cgroupDelegation', () => {
  afterEach(() => device?.remove());

  it('is there where the group is writable, limits memory and holds our processes only', () => {
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

describe('ChildCgroup', () => {
  afterEach(() => device?.remove());

  it('moves this process aside, enables the controllers and bounds the child', () => {
    const group = ChildCgroup.create('instance-1', { memoryMaxBytes: 1000, cpuWeight: 20 }, delegated());
    expect(textOf('self/cgroup.procs')).toBe('4000001');
    expect(textOf('cgroup.subtree_control')).toBe('+memory +cpu');
    expect(textOf('instance-1/memory.max')).toBe('1000');
    expect(textOf('instance-1/memory.oom.group')).toBe('1');
    expect(textOf('instance-1/cpu.weight')).toBe('20');
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

  it('changes nothing and says why where it may not', () => {
    delegated({ [`${SERVICE}/cgroup.controllers`]: '' });
    expect(() => ChildCgroup.create('instance-1', { memoryMaxBytes: 1000 }, device)).toThrow(
      expect.objectContaining({ code: 'posix.denied' }),
    );
    expect(existsSync(`${device.root}/${SERVICE}/instance-1`)).toBe(false);
    expect(existsSync(`${device.root}/${SERVICE}/self`)).toBe(false);
  });
});
