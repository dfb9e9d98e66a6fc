import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { agentErrors } from '../../components/inference-agent/errors.ts';
import { PackageStore } from '../../components/inference-agent/store/package-store.ts';
import type { StoreOptions } from '../../components/inference-agent/store/package-store.ts';

/** A disk that can be full, for the store of a rig. */
export interface SmallDisk {
  readonly folder: string;
  openStore(options: StoreOptions): PackageStore;
  fill(): void;
  makeRoom(): void;
  remove(): void;
}

/** A separate file system, with room for a few made-up packages unless told otherwise; only root may make one. */
export function mountedDisk(folder: string, bytes = 512 * 1024): SmallDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'edgeml-test', folder], { stdio: 'ignore' });
  const ballast = join(folder, 'ballast');
  return {
    folder,
    openStore: (options) => new PackageStore(options),
    fill: () => fillFile(ballast),
    makeRoom: () => rmSync(ballast),
    // Lazily: what a process that was killed had open may be closed a moment later.
    remove: () => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }),
  };
}

/** Whether `mountedDisk` works here. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = `/tmp/edgeml-mount-${process.pid}`;
  try {
    mountedDisk(probe).remove();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** The same by a store that fails as on a full disk. */
export function scriptedDisk(folder: string): SmallDisk {
  mkdirSync(folder, { recursive: true });
  let isFull = false;
  class FullStore extends PackageStore {
    override async keep(...words: Parameters<PackageStore['keep']>): ReturnType<PackageStore['keep']> {
      const [, model] = words;
      if (!isFull) return super.keep(...words);
      const reason = agentErrors.error('store.write-failed', `cannot store ${model.dir}: ${noSpace().message}`);
      return { kept: false, model, reason };
    }

    override async remember(...words: Parameters<PackageStore['remember']>): Promise<void> {
      if (isFull) throw noSpace();
      await super.remember(...words);
    }
  }
  return {
    folder,
    openStore: (options) => new FullStore(options),
    fill: () => void (isFull = true),
    makeRoom: () => void (isFull = false),
    remove: () => undefined,
  };
}

/** Writes into a file until its disk is full. */
export function fillFile(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  } finally {
    closeSync(file);
  }
}

function noSpace(): NodeJS.ErrnoException {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}
