import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findAccelerators } from './find-accelerators.ts';

/** Folders in which drivers in user space describe themselves to Vulkan's and OpenCL's loaders; Mesa's version is in there. */
const DRIVER_FOLDERS = ['etc/vulkan/icd.d', 'usr/share/vulkan/icd.d', 'etc/OpenCL/vendors'];

/**
 * The facts that an accelerator's speed depends on besides the runtime: the hardware, the drivers of the kernel and those in user space.
 * @param root of the file system; default `/`
 */
export function hardwareIdentity(root = '/', kernel = os.release()): string {
  const accelerators = findAccelerators(root).map(
    ({ kind, name, driver }) => `${kind} ${name} ${driver ?? 'no driver'}`,
  );
  const drivers = DRIVER_FOLDERS.flatMap((folder) => textsIn(path.join(root, folder)));
  return [kernel, ...accelerators, ...drivers].join('|');
}

function textsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => `${name} ${readFileSync(path.join(folder, name), 'utf8').replace(/\s+/g, '')}`);
  } catch {
    return [];
  }
}
