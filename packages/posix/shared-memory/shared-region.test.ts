import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { inChild, startChild } from '../../../testing/posix/posix-child.ts';
import { openFilesOf } from '../../../testing/process/process-facts.ts';
import { availableMemory } from '../memory/available-memory.ts';
import { createSharedRegion } from './create-shared-region.ts';
import { openSharedRegion } from './open-shared-region.ts';

const KILOBYTE = 1024;
const BYTES = 256 * KILOBYTE;

describe.runIf(process.platform === 'linux')('SharedRegion', () => {
  it('shows each side what the other wrote', async () => {
    const region = createSharedRegion({ bytes: BYTES, name: 'both-sides' });
    region.bytes.write('from the parent', BYTES - 100);
    const seen = await inChild<string>(
      ({ posix }) => {
        const { bytes } = posix.openSharedRegion({ fd: 3, bytes: 256 * 1024 });
        bytes.write('from the child', 0);
        return bytes.toString('utf8', bytes.length - 100, bytes.length - 85);
      },
      { descriptors: [region.fd] },
    );
    expect(seen).toBe('from the parent');
    expect(region.bytes.toString('utf8', 0, 14)).toBe('from the child');
    region.close();
  });

  it('keeps its size whatever anybody who holds it tries', async () => {
    const region = createSharedRegion({ bytes: BYTES, name: 'fixed-size' });
    const codes = await inChild<string[]>(
      ({ node, attempt }) => [0, 1024 * 1024].map((bytes) => attempt(() => node.fs.ftruncateSync(3, bytes))),
      { descriptors: [region.fd] },
    );
    expect(codes).toEqual(['EPERM', 'EPERM']);
    expect(region.bytes[BYTES - 1]).toBe(0);
    region.close();
  });

  it('lets others only read where it was made so', async () => {
    const region = createSharedRegion({ bytes: BYTES, name: 'read-only', others: 'read' });
    region.bytes[0] = 7;
    const answer = await inChild<unknown>(
      ({ posix, node, attempt }) => {
        return {
          mapped: attempt(() => posix.openSharedRegion({ fd: 3, bytes: 256 * 1024 }).byteLength),
          written: attempt(() => node.fs.writeSync(3, Buffer.from('x'), 0, 1, 0)),
          read: posix.openSharedRegion({ fd: 3, bytes: 256 * 1024, access: 'read-only' }).bytes[0],
        };
      },
      { descriptors: [region.fd] },
    );
    expect(answer).toEqual({ mapped: 'posix.denied', written: 'EPERM', read: 7 });
    region.bytes[0] = 8;
    region.close();
  });

  it('is mapped by a child only with seals and the size agreed on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shared-region-'));
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.alloc(BYTES));
    const file = openSync(path, 'r+');
    expect(() => openSharedRegion({ fd: file, bytes: BYTES })).toThrow(
      expect.objectContaining({ code: 'shared-region.not-sealed' }),
    );
    closeSync(file);
    rmSync(folder, { recursive: true });

    const region = createSharedRegion({ bytes: BYTES, name: 'wrong-size' });
    expect(() => openSharedRegion({ fd: region.fd, bytes: BYTES + 1 })).toThrow(
      expect.objectContaining({
        code: 'shared-region.wrong-size',
        message: expect.stringContaining(`${BYTES} bytes`) as string,
      }),
    );
    region.close();
  });

  it('has all its bytes from the beginning, and gives them back when the last process has gone', async () => {
    const bytes = 64 * KILOBYTE * KILOBYTE;
    const name = `reserved-${process.pid}`;
    const region = createSharedRegion({ bytes, name });
    expect(reservedBytes(process.pid, region.fd)).toBe(bytes);

    const child = await startChild(
      ({ posix, say }) => {
        const region = posix.openSharedRegion({ fd: 3, bytes: 64 * 1024 * 1024 });
        region.bytes.fill(1);
        say('ready');
        setInterval(() => region.bytes[0], 1000);
      },
      { descriptors: [region.fd] },
    );
    await child.line(/^ready/);
    expect(holdersOf(name)).toEqual([process.pid, child.pid].sort((one, other) => one - other));
    region.close();
    expect(holdersOf(name)).toEqual([child.pid]);
    expect(reservedBytes(child.pid, 3)).toBe(bytes);
    child.kill();
    expect(await child.exit).toBe('SIGKILL');
    await expect.poll(() => holdersOf(name)).toEqual([]);
  });

  it('survives whoever still holds a view after its end', () => {
    const region = createSharedRegion({ bytes: BYTES, name: 'late-reader' });
    const late = region.bytes.fill(9);
    const { fd } = region;
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toContain('late-reader');
    region.close();
    region.close();
    expect(late[BYTES - 1]).toBe(0);
    late.fill(1);
    expect(late[0]).toBe(1);
    expect(() => region.bytes).toThrow(expect.objectContaining({ code: 'shared-region.closed' }));
    expect(() => region.fd).toThrow(expect.objectContaining({ code: 'shared-region.closed' }));
    expect(openFilesOf(process.pid).join()).not.toContain('late-reader');
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('late-reader');
  });

  it('gives the addresses back when the last view is collected', async () => {
    const { before, after } = await inChild<{ before: number; after: number }>(async ({ posix, node }) => {
      node.v8.setFlagsFromString('--expose-gc');
      const collect = node.vm.runInNewContext('gc') as () => void;
      const virtualKilobytes = () =>
        Number(/VmSize:\s+(\d+)/.exec(node.fs.readFileSync('/proc/self/status', 'utf8'))![1]);
      const makeAndClose = () => posix.createSharedRegion({ bytes: 64 * 1024 * 1024, name: 'collected' }).close();
      const before = virtualKilobytes();
      for (let turn = 0; turn < 16; turn++) makeAndClose();
      for (let turn = 0; turn < 5; turn++) {
        collect();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return { before, after: virtualKilobytes() };
    });
    // A region each of 64 MB, 1 GB together; a thread that starts meanwhile reserves up to 72 MB for itself.
    expect(after - before).toBeLessThan(512 * KILOBYTE);
  });

  it('refuses more than is available instead of letting the kernel look for a victim', () => {
    const bytes = availableMemory().availableBytes + 1024 ** 3;
    expect(() => createSharedRegion({ bytes, name: 'too-much' })).toThrow(
      expect.objectContaining({ code: 'posix.no-memory' }),
    );
    expect(openFilesOf(process.pid).join()).not.toContain('too-much');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d as a size', (bytes) => {
    expect(() => createSharedRegion({ bytes, name: 'no-size' })).toThrow(
      expect.objectContaining({ code: 'shared-region.size-invalid' }),
    );
  });

  it('is inherited only by the child that gets it', async () => {
    const region = createSharedRegion({ bytes: BYTES, name: 'private-to-one' });
    const child = await startChild(async ({ say }) => {
      setInterval(() => undefined, 1000);
      say('ready');
      await new Promise(() => undefined);
    });
    await child.line(/^ready/);
    const links = openFilesOf(child.pid);
    child.kill();
    expect(links.length).toBeGreaterThan(3);
    expect(links.join()).not.toContain('private-to-one');
    region.close();
  });
});

/** Memory that an open file has, whether written to or not. */
function reservedBytes(pid: number, fd: number): number {
  return statSync(`/proc/${pid}/fd/${fd}`).blocks * 512; // st_blocks counts these, whatever the page (stat(2))
}

/** Processes that have the memory of that name open or mapped, which is as long as the kernel keeps it. */
function holdersOf(name: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids
    .filter((pid) => {
      try {
        return openFilesOf(pid).join().includes(name) || readFileSync(`/proc/${pid}/maps`, 'utf8').includes(name);
      } catch {
        return false; // it has ended
      }
    })
    .sort((one, other) => one - other);
}
