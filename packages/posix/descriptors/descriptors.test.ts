import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inChild } from '../../../testing/posix/posix-child.ts';
import { DescriptorReceiver, DescriptorSender } from './descriptor-socket.ts';
import { openBelow } from './open-below.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descriptors-'));
  mkdirSync(join(folder, 'images', 'line-1'), { recursive: true });
  writeFileSync(join(folder, 'images', 'line-1', 'part.jpg'), 'the part');
  writeFileSync(join(folder, 'secret'), 'the secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

const openFiles = (): number => readdirSync('/proc/self/fd').length;

function read(fd: number): string {
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

describe.runIf(process.platform === 'linux')('openBelow', () => {
  const images = (): string => join(folder, 'images');

  it('opens what is there, and leaves nothing open besides', () => {
    const before = openFiles();
    expect(read(openBelow(images(), 'line-1/part.jpg'))).toBe('the part');
    expect(openFiles()).toBe(before);
  });

  it('takes a link in the path of the folder itself', () => {
    symlinkSync(images(), join(folder, 'link'));
    expect(read(openBelow(join(folder, 'link'), 'line-1/part.jpg'))).toBe('the part');
  });

  it.each(['../secret', 'line-1/../../secret', '/etc/passwd', '', '.', 'line-1/', 'line-1//part.jpg', 'line-1/.'])(
    'refuses %j',
    (below) => {
      expect(() => openBelow(images(), below)).toThrow(expect.objectContaining({ code: 'path.not-below' }) as Error);
    },
  );

  it('follows no link, neither to a file nor through a folder, and leaves nothing open', () => {
    symlinkSync('../secret', join(images(), 'file-link'));
    symlinkSync('..', join(images(), 'folder-link'));
    const before = openFiles();
    for (const below of ['file-link', 'folder-link/secret', 'folder-link/images/line-1/part.jpg']) {
      expect(() => openBelow(images(), below)).toThrow(expect.objectContaining({ code: 'path.not-below' }) as Error);
    }
    expect(openFiles()).toBe(before);
  });

  it('stays in the folder that it opened when its name is given to another one', () => {
    const moved = join(folder, 'moved');
    const fd = openSync(images(), constants.O_RDONLY);
    renameSync(images(), moved);
    symlinkSync(folder, images());
    // The folder's own path may have links: what is below it may not.
    expect(() => openBelow(images(), 'moved/../secret')).toThrow();
    expect(read(openBelow(moved, 'line-1/part.jpg'))).toBe('the part');
    closeSync(fd);
  });

  it('does not wait for the writer of a pipe', () => {
    execFileSync('mkfifo', [join(images(), 'pipe')]);
    closeSync(openBelow(images(), 'pipe'));
  });
});

describe.runIf(process.platform === 'linux')('DescriptorSender', () => {
  it('hands open files to another process, each with its tag', async () => {
    const sender = DescriptorSender.open();
    for (const [tag, text] of [
      [7, 'first'],
      [4_294_967_295, 'second'],
    ] as const) {
      const path = join(folder, text);
      writeFileSync(path, text);
      const fd = openSync(path, 'r');
      expect(sender.send(tag, fd)).toBe(true);
      closeSync(fd);
      rmSync(path);
    }
    const seen = await inChild<unknown>(
      ({ posix, node, attempt }) => {
        const door = new posix.DescriptorReceiver(3);
        const texts = [7, 4_294_967_295].map((tag) => node.fs.readFileSync(door.receive(tag), 'utf8'));
        return [...texts, attempt(() => door.receive(9))];
      },
      { descriptors: [sender.otherFd] },
    );
    expect(seen).toEqual(['first', 'second', 'descriptor.missing']);
    sender.close();
    expect(sender.send(1, 0)).toBe(false);
  });

  it('gives the right file for every tag, and leaks none', () => {
    const sender = DescriptorSender.open();
    const receiver = new DescriptorReceiver(sender.otherFd);
    const path = join(folder, 'secret');
    const before = openFiles();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_294_967_295 }), fc.boolean(), (tag, isRight) => {
        const fd = openSync(path, 'r');
        expect(sender.send(tag, fd)).toBe(true);
        closeSync(fd);
        if (isRight) expect(read(receiver.receive(tag))).toBe('the secret');
        else expect(() => receiver.receive(tag === 0 ? 1 : tag - 1)).toThrow(/was not sent/);
      }),
    );
    expect(openFiles()).toBe(before);
    sender.close();
  });

  it('takes no more than the other side can hold', () => {
    const sender = DescriptorSender.open();
    const before = openFiles();
    const fd = openSync(join(folder, 'secret'), 'r');
    let sent = 0;
    while (sender.send(sent, fd)) sent++;
    expect(sent).toBeGreaterThan(1);
    closeSync(fd);
    expect(openFiles()).toBe(before);
    sender.close();
  });
});
