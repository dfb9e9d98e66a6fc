import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { inChild, startChild } from '../../../testing/posix/posix-child.ts';
import type { ChildBody } from '../../../testing/posix/child-context.ts';
import { SystemFolder } from '../../../testing/posix/system-folder.ts';
import { mayRestoreNiceness } from './may-restore-niceness.ts';
import { processMemory, proportionalMemory, resetPeakMemory } from './process-memory.ts';
import { setBatchScheduling } from './set-batch-scheduling.ts';
import { setNiceness } from './set-niceness.ts';

const MEGABYTE = 1024 ** 2;

describe.runIf(process.platform === 'linux')('dieWithParent', () => {
  /** Starts a grandchild and tells its pid once it is tied. */
  const parent: ChildBody = async ({ node, argument, say }) => {
    const body: string = argument;
    const child = node.childProcess.spawn(process.execPath, [process.argv[1]!, body, String(process.pid)], {
      stdio: ['ignore', 'pipe', 2],
    });
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    say(`grandchild ${child.pid}`);
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  };
  const idle: ChildBody = async ({ posix, argument, say }) => {
    posix.dieWithParent({ parentPid: argument });
    say('tied');
    setInterval(() => undefined, 1000);
    await new Promise(() => undefined);
  };
  const loop: ChildBody = ({ posix, argument, say }) => {
    posix.dieWithParent({ parentPid: argument });
    say('tied');
    for (;;);
  };
  /** In native code that comes back for signals only. */
  const native: ChildBody = ({ posix, native, argument, say }) => {
    posix.dieWithParent({ parentPid: argument });
    say('tied');
    const pause = native.koffi().load('libc.so.6').func('int pause()') as () => number;
    for (;;) pause();
  };

  it.each([
    ['idle', idle],
    ['in an endless loop', loop],
    ['stuck in native code', native],
  ])('ends a child that is %s when its parent is killed', async (_, body) => {
    const child = await startChild(parent, { argument: String(body) });
    const pid = Number((await child.line(/^grandchild /)).split(' ')[1]);
    expect(isRunning(pid)).toBe(true);
    child.kill();
    await child.exit;
    await expect.poll(() => isRunning(pid), { interval: 5 }).toBe(false);
  });

  it('says so when the parent had ended before', async () => {
    const code = await inChild<string>(({ posix, attempt }) =>
      attempt(() => posix.dieWithParent({ parentPid: 4_000_000 })),
    );
    expect(code).toBe('posix.parent-gone');
  });
});

describe.runIf(process.platform === 'linux')('limitDataMemory', () => {
  it('lets an allocation beyond it fail, and leaves JavaScript, WebAssembly and threads below it alone', async () => {
    const seen = await inChild<Record<string, unknown>>(({ posix, native }) => {
      const malloc = native.koffi().load('libc.so.6').func('uintptr_t malloc(size_t bytes)') as (
        bytes: number,
      ) => number;
      const before = posix.processMemory(process.pid).dataBytes;
      posix.limitDataMemory(before + 256 * 1024 ** 2);
      // WebAssembly is not in the types of Node.js 20.
      const { Memory } = (
        globalThis as unknown as { WebAssembly: { Memory: new (limits: object) => { buffer: ArrayBuffer } } }
      ).WebAssembly;
      return {
        small: malloc(64 * 1024 ** 2) !== 0,
        large: malloc(1024 ** 3) !== 0,
        wasm: new Memory({ initial: 16, maximum: 65_536 }).buffer.byteLength,
      };
    });
    expect(seen).toEqual({ small: true, large: false, wasm: 16 * 65_536 });
  });

  it('ends only the process that breaks it', async () => {
    const child = await startChild(({ posix, say }) => {
      posix.limitDataMemory(posix.processMemory(process.pid).dataBytes + 64 * 1024 ** 2);
      say('limited');
      const kept: Buffer[] = [];
      for (;;) kept.push(Buffer.alloc(1024 ** 2, 1));
    });
    await child.line(/^limited/);
    expect(await child.exit).not.toBe(0);
  });

  it.skipIf(process.getuid?.() === 0)('is not raised again', async () => {
    const code = await inChild<string>(({ posix, attempt }) => {
      posix.limitDataMemory(1024 ** 3);
      return attempt(() => posix.limitDataMemory(2 * 1024 ** 3));
    });
    expect(code).toBe('posix.denied');
  });
});

describe.runIf(process.platform === 'linux')('limitDescriptors', () => {
  it('lets the next file fail, in programs that it starts too, and leaves a lower limit alone', async () => {
    const seen = await inChild<Record<string, unknown>>(({ posix, node }) => {
      posix.limitDescriptors(100);
      posix.limitDescriptors(200);
      const opened: number[] = [];
      try {
        for (;;) opened.push(node.fs.openSync('/dev/null', 'r'));
      } catch (thrown) {
        const most = opened.at(-1);
        for (const fd of opened) node.fs.closeSync(fd);
        const inherited = node.childProcess.execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
        return { code: (thrown as NodeJS.ErrnoException).code, most, inherited };
      }
    });
    expect(seen).toEqual({ code: 'EMFILE', most: 99, inherited: '100' });
  });
});

describe.runIf(process.platform === 'linux')('processMemory', () => {
  it('tells what a child takes, and the most that it took', async () => {
    const child = await startChild(async ({ native, say }) => {
      const libc = native.koffi().load('libc.so.6');
      const malloc = libc.func('uintptr_t malloc(size_t bytes)') as (bytes: number) => number;
      const free = libc.func('void free(uintptr_t block)') as (block: number) => void;
      const memset = libc.func('uintptr_t memset(uintptr_t block, int value, size_t bytes)') as (
        ...all: number[]
      ) => number;
      const block = malloc(128 * 1024 ** 2);
      memset(block, 1, 128 * 1024 ** 2);
      free(block);
      say('peaked');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });
    await child.line(/^peaked/);
    const memory = processMemory(child.pid);
    expect(memory.peakBytes - memory.residentBytes).toBeGreaterThan(100 * MEGABYTE);
    expect(memory.dataBytes).toBeGreaterThan(memory.anonymousBytes);
    const share = proportionalMemory(child.pid);
    expect(share).toBeGreaterThan(memory.anonymousBytes * 0.9);
    expect(share).toBeLessThan(memory.residentBytes);

    resetPeakMemory(child.pid);
    expect(processMemory(child.pid).peakBytes).toBeLessThan(memory.peakBytes - 100 * MEGABYTE);

    child.kill();
    await child.exit;
    for (const ask of [processMemory, proportionalMemory, resetPeakMemory])
      expect(() => ask(child.pid)).toThrow(expect.objectContaining({ code: 'posix.no-process' }));
  });
});

describe.runIf(process.platform === 'linux')('setNiceness', () => {
  it('reaches every thread of a process and those that it starts later', async () => {
    const child = await startChild(async ({ node, say }) => {
      process.once('SIGUSR2', () => {
        const worker = new node.workerThreads.Worker('setInterval(() => undefined, 1000)', { eval: true });
        worker.once('online', () => say('grown'));
      });
      say('ready');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });
    await child.line(/^ready/);
    setNiceness(child.pid, 7);
    const before = nicenessOfThreads(child.pid);
    expect(before.length).toBeGreaterThan(4);
    child.kill('SIGUSR2');
    await child.line(/^grown/);
    const after = nicenessOfThreads(child.pid);
    expect(after.length).toBeGreaterThan(before.length);
    expect(new Set([...before, ...after])).toEqual(new Set([7]));
    child.kill();
    await child.exit;
    expect(() => setNiceness(child.pid, 7)).toThrow(expect.objectContaining({ code: 'posix.no-process' }));
  });
});

describe.runIf(process.platform === 'linux')('setBatchScheduling', () => {
  it('reaches every thread of a process, and can be taken back', async () => {
    const child = await startChild(async ({ say }) => {
      say('ready');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });
    await child.line(/^ready/);
    setBatchScheduling(child.pid, true);
    expect(new Set(policiesOfThreads(child.pid))).toEqual(new Set([3]));
    setBatchScheduling(child.pid, false);
    expect(new Set(policiesOfThreads(child.pid))).toEqual(new Set([0]));
    child.kill();
    await child.exit;
    expect(() => setBatchScheduling(child.pid, true)).toThrow(expect.objectContaining({ code: 'posix.no-process' }));
  });
});

describe('mayRestoreNiceness', () => {
  const system = (limit: number, capabilities: string, map = '0 0 4294967295') =>
    new SystemFolder({
      'proc/self/limits': `Max nice priority         ${limit}                    ${limit}                    \n`,
      'proc/self/status': `CapEff:\t${capabilities}\n`,
      'proc/self/uid_map': `         ${map}\n`,
    });

  it.each([
    [0, 0, '0000000000000000', undefined, false],
    [0, 20, '0000000000000000', undefined, true],
    [5, 15, '0000000000000000', undefined, true],
    [4, 15, '0000000000000000', undefined, false],
    [0, 0, '0000000000800000', undefined, true],
    [0, 0, '0000000000800000', '0 1000 1', false],
  ])('to %i with a limit of %i, capabilities %s and the users %s: %s', (niceness, limit, capabilities, map, may) => {
    const device = system(limit, capabilities, map);
    expect(mayRestoreNiceness(niceness, device)).toBe(may);
    device.remove();
  });

  it.runIf(process.platform === 'linux')('says what the kernel then does', async () => {
    const child = await startChild(async ({ say }) => {
      say('ready');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });
    await child.line(/^ready/);
    setNiceness(child.pid, 19);
    const restore = () => setNiceness(child.pid, 0);
    if (mayRestoreNiceness(0)) restore();
    else expect(restore).toThrow(expect.objectContaining({ code: 'posix.denied' }));
    child.kill();
    await child.exit;
  });
});

/** Of each thread, from the 41st field of stat: 0 is SCHED_OTHER, 3 SCHED_BATCH. */
function policiesOfThreads(pid: number): number[] {
  return fieldOfThreads(pid, 38);
}

/** Of each thread, from the 19th field of stat; the name before it may hold blanks. */
function nicenessOfThreads(pid: number): number[] {
  return fieldOfThreads(pid, 16);
}

function fieldOfThreads(pid: number, index: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[index]);
  });
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
