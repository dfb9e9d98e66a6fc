import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';

import { inChild, programPaths } from '../../../testing/posix/posix-child.ts';
import { hostArchitecture, numberOf } from '../libc/system-calls.ts';
import type { Architecture, SystemCall } from '../libc/system-calls.ts';
import { deniedCalls } from './denied-calls.ts';
import { filterProgram } from './filter-program.ts';

const OWN_PID = 1234;
const AUDIT: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7, arm: 0x40000028 };
const ARCHITECTURES = ['x64', 'arm64', 'arm'] as const;
const ALLOW = 'allow';
const EPERM = `errno ${constants.errno.EPERM}`;
const ENOSYS = `errno ${constants.errno.ENOSYS}`;

describe.each(ARCHITECTURES)('filterProgram for %s', (architecture) => {
  const program = filterProgram(deniedCalls(OWN_PID), architecture);
  const decide = (call: SystemCall, ...words: number[]) => {
    const number = numberOf(call, architecture);
    return number === undefined ? undefined : run(program, AUDIT[architecture], number, words);
  };

  it('denies the network, programs and the inner doors of the kernel', () => {
    for (const call of ['socket', 'execve', 'ptrace', 'mount', 'bpf', 'io_uring_setup', 'keyctl', 'fchmod'] as const)
      expect(decide(call), call).toBe(EPERM);
    expect(decide('clone3')).toBe(ENOSYS);
  });

  it('allows threads, but no processes and no namespaces', () => {
    const thread = 0x3d0f00;
    expect(decide('clone', thread)).toBe(ALLOW);
    expect(decide('clone', thread | 0x10000000)).toBe(EPERM);
    expect(decide('clone', 17)).toBe(EPERM);
  });

  it('allows signals to itself alone', () => {
    expect(decide('kill', OWN_PID)).toBe(ALLOW);
    expect(decide('tgkill', OWN_PID)).toBe(ALLOW);
    expect(decide('kill', -1)).toBe(EPERM);
    expect(decide('kill', 1)).toBe(EPERM);
  });

  it('allows files to be opened, but not emptied by a reader', () => {
    expect(decide('openat', -100, 0, 0o1101)).toBe(ALLOW);
    expect(decide('openat', -100, 0, 0)).toBe(ALLOW);
    expect(decide('openat', -100, 0, 0o1000)).toBe(EPERM);
  });

  it('keeps the tie to the parent, and leaves the other switches alone', () => {
    expect(decide('prctl', 1, 0)).toBe(EPERM);
    expect(decide('prctl', 1, constants.signals.SIGTERM)).toBe(EPERM);
    expect(decide('prctl', 1, constants.signals.SIGKILL)).toBe(ALLOW);
    expect(decide('prctl', 15)).toBe(ALLOW);
  });

  it('answers calls that it does not know as an older kernel would', () => {
    const last = 469;
    expect(run(program, AUDIT[architecture], last + 1, [])).toBe(ENOSYS);
    expect(run(program, AUDIT[architecture], 0x4000_0000 + 41, [])).toBe(architecture === 'arm' ? ALLOW : ENOSYS);
    // The cache of arm is flushed by its own call after code was written.
    expect(run(program, AUDIT[architecture], 0x0f_0002, [])).toBe(architecture === 'arm' ? ALLOW : ENOSYS);
  });

  it('ends a process that calls by the numbers of another architecture', () => {
    for (const other of ARCHITECTURES.filter((name) => name !== architecture))
      expect(run(program, AUDIT[other], 0, [])).toBe('kill');
  });
});

describe.runIf(process.platform === 'linux')('the filter in the kernel', () => {
  it('denies every call of the list', async () => {
    const architecture = hostArchitecture();
    // These would do something if the filter let them pass, or are told by other tests.
    const left = new Set<SystemCall>(['fork', 'vfork', 'vhangup', 'reboot']);
    const calls = deniedCalls(OWN_PID)
      .filter((rule) => !rule.if && !left.has(rule.call))
      .map(({ call, errno }) => ({ call, errno, number: numberOf(call, architecture) }))
      .filter(({ number }) => number !== undefined);
    expect(calls.length).toBeGreaterThan(80);
    const wrong = await inChild<string[]>(
      ({ posix, native, argument }) => {
        const { calls, readOnly } = argument as {
          calls: { call: string; errno: number; number: number }[];
          readOnly: string[];
        };
        posix.confineWholeProcess({ readOnly, readWrite: [] }, { descriptors: [] });
        const koffi = native.koffi();
        const syscall = koffi
          .load('libc.so.6')
          .func('long syscall(long number, intptr_t a, intptr_t b, intptr_t c, intptr_t d)') as (
          ...all: number[]
        ) => number;
        return calls
          .filter(({ number, errno }) => syscall(number, -1, -1, -1, -1) !== -1 || koffi.errno() !== errno)
          .map(({ call }) => call);
      },
      { argument: { calls, readOnly: programPaths() } },
    );
    expect(wrong).toEqual([]);
  });
});

/** Classic BPF, as far as our programs use it, over `struct seccomp_data`. */
function run(program: Uint8Array, architecture: number, number: number, words: readonly number[]): string {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  words.forEach((word, index) => data.setBigInt64(16 + 8 * index, BigInt(word), true));
  const code = new DataView(program.buffer);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const value = code.getUint32(8 * at + 4, true);
    const skip = (condition: boolean) => code.getUint8(8 * at + (condition ? 2 : 3));
    switch (code.getUint16(8 * at, true)) {
      case 0x20:
        accumulator = data.getUint32(value, true);
        break;
      case 0x54:
        accumulator = (accumulator & value) >>> 0;
        break;
      case 0x15:
        at += skip(accumulator === value);
        break;
      case 0x25:
        at += skip(accumulator > value);
        break;
      case 0x35:
        at += skip(accumulator >= value);
        break;
      case 0x06:
        return value === 0x7fff0000 ? 'allow' : value === 0x80000000 ? 'kill' : `errno ${value & 0xffff}`;
      default:
        throw new Error(`no such instruction at ${at}`);
    }
  }
}
