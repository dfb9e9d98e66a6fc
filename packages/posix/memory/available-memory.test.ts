import { afterEach, describe, expect, it } from 'vitest';

import { SystemFolder } from '../../../testing/posix/system-folder.ts';
import { availableMemory } from './available-memory.ts';

const MEGABYTE = 1024 ** 2;
const UNIFIED = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const LEGACY = '31 24 0:27 / /sys/fs/cgroup/memory rw,nosuid shared:5 - cgroup cgroup rw,memory\n';
const SERVICE = 'sys/fs/cgroup/system.slice/agent.service';

let device: SystemFolder;

/** A device with 2 GB available and these files on top. */
function deviceWith(files: Readonly<Record<string, string>>): SystemFolder {
  device = new SystemFolder({ 'proc/meminfo': 'MemFree: 100000 kB\nMemAvailable:    2097152 kB\n', ...files });
  return device;
}

function unified(memory: Readonly<Record<string, string>>, folder = SERVICE): Record<string, string> {
  const files = Object.entries(memory).map(([name, text]) => [`${folder}/memory.${name}`, text] as const);
  return {
    'proc/self/cgroup': '0::/system.slice/agent.service\n',
    'proc/self/mountinfo': UNIFIED,
    ...Object.fromEntries(files),
  };
}

describe('availableMemory', () => {
  afterEach(() => device?.remove());

  it('is what the kernel says is available, without control groups', () => {
    expect(availableMemory(deviceWith({}))).toEqual({ availableBytes: 2048 * MEGABYTE, source: 'system' });
  });

  it('counts page cache as available in a control group that it fills up to the limit', () => {
    const stat = `anon ${11 * MEGABYTE}\nfile ${289 * MEGABYTE}\ninactive_file ${240 * MEGABYTE}\nactive_file ${48 * MEGABYTE}\nslab_reclaimable 0\n`;
    const files = unified({ max: `${300 * MEGABYTE}\n`, current: `${300 * MEGABYTE - 188 * 1024}\n`, stat });
    const memory = availableMemory(deviceWith(files));
    expect(memory.source).toBe('cgroup-v2');
    expect(memory.availableBytes).toBe(188 * 1024 + (240 + 24) * MEGABYTE);
    expect(memory.cgroup).toMatchObject({ limitBytes: 300 * MEGABYTE, reclaimableBytes: 264 * MEGABYTE });
  });

  it('does not count tmpfs and shared memory, which are files to the kernel and stay', () => {
    const stat = `file ${250 * MEGABYTE}\nshmem ${250 * MEGABYTE}\ninactive_file 0\nactive_file 0\n`;
    const files = unified({ max: `${300 * MEGABYTE}`, current: `${260 * MEGABYTE}`, stat });
    expect(availableMemory(deviceWith(files)).availableBytes).toBe(40 * MEGABYTE);
  });

  it('takes the group above that allows less', () => {
    const files = {
      ...unified({ max: 'max\n', current: `${10 * MEGABYTE}`, stat: '' }),
      'sys/fs/cgroup/system.slice/memory.max': `${128 * MEGABYTE}\n`,
      'sys/fs/cgroup/system.slice/memory.current': `${100 * MEGABYTE}\n`,
      'sys/fs/cgroup/system.slice/memory.stat': '',
    };
    const memory = availableMemory(deviceWith(files));
    expect(memory.availableBytes).toBe(28 * MEGABYTE);
    expect(memory.cgroup?.folder).toBe(`${device.root}/sys/fs/cgroup/system.slice`);
  });

  it('stays below memory.high, from which on the kernel throttles', () => {
    const files = unified({
      max: `${300 * MEGABYTE}`,
      high: `${200 * MEGABYTE}`,
      current: `${150 * MEGABYTE}`,
      stat: '',
    });
    expect(availableMemory(deviceWith(files)).availableBytes).toBe(50 * MEGABYTE);
  });

  it('is what the system has where the group allows more', () => {
    const files = unified({ max: `${8192 * MEGABYTE}`, current: '0', stat: '' });
    expect(availableMemory(deviceWith(files))).toEqual({ availableBytes: 2048 * MEGABYTE, source: 'system' });
  });

  it('is nothing, not less, when a group is over its limit', () => {
    const files = unified({ max: `${100 * MEGABYTE}`, current: `${120 * MEGABYTE}`, stat: '' });
    expect(availableMemory(deviceWith(files)).availableBytes).toBe(0);
  });

  it('reads version 1 with the whole subtree', () => {
    const memory = availableMemory(
      deviceWith({
        'proc/self/cgroup': '9:cpu,cpuacct:/\n4:memory:/agent\n0::/\n',
        'proc/self/mountinfo': UNIFIED + LEGACY,
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
        'sys/fs/cgroup/memory/agent/memory.limit_in_bytes': `${256 * MEGABYTE}\n`,
        'sys/fs/cgroup/memory/agent/memory.usage_in_bytes': `${200 * MEGABYTE}\n`,
        'sys/fs/cgroup/memory/agent/memory.stat': `inactive_file 0\ntotal_inactive_file ${64 * MEGABYTE}\ntotal_active_file ${32 * MEGABYTE}\n`,
      }),
    );
    expect(memory).toMatchObject({ source: 'cgroup-v1', availableBytes: (56 + 64 + 16) * MEGABYTE });
  });

  it('finds the limit in a container whose mount begins at its own group', () => {
    const memory = availableMemory(
      deviceWith({
        'proc/self/cgroup': '0::/docker/4f\n',
        'proc/self/mountinfo': '30 24 0:26 /docker/4f /sys/fs/cgroup ro - cgroup2 cgroup rw\n',
        'sys/fs/cgroup/memory.max': `${64 * MEGABYTE}`,
        'sys/fs/cgroup/memory.current': `${16 * MEGABYTE}`,
        'sys/fs/cgroup/memory.stat': '',
      }),
    );
    expect(memory.availableBytes).toBe(48 * MEGABYTE);
  });

  it('finds the limit in a container that sees only its own mount and the paths of the host', () => {
    const memory = availableMemory(
      deviceWith({
        'proc/self/cgroup': '0::/../../elsewhere\n',
        'proc/self/mountinfo': UNIFIED,
        'sys/fs/cgroup/memory.max': `${64 * MEGABYTE}`,
        'sys/fs/cgroup/memory.current': `${16 * MEGABYTE}`,
        'sys/fs/cgroup/memory.stat': '',
      }),
    );
    expect(memory.availableBytes).toBe(48 * MEGABYTE);
  });

  it('tells something true of this machine', () => {
    deviceWith({});
    const { availableBytes } = availableMemory();
    expect(availableBytes).toBeGreaterThan(MEGABYTE);
    expect(availableBytes).toBeLessThan(2 ** 50);
  });
});
