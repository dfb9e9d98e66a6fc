import { posix } from 'node:path';

import { readText } from '../memory/system-files.ts';
import type { SystemFiles } from '../memory/system-files.ts';

/** The control group of this process, of the hierarchy that limits memory. */
export interface OwnCgroup {
  readonly version: 1 | 2;
  /** Folder with the group's files, e.g. `/sys/fs/cgroup/system.slice/greengrass.service`. */
  readonly folder: string;
  /** Folder of the topmost group that this process sees; groups above it are hidden by a namespace. */
  readonly top: string;
}

/** Undefined on systems without control groups, or if none of those mounted here limits memory. */
export function ownMemoryCgroup(files: SystemFiles): OwnCgroup | undefined {
  const memberships = (readText(`${files.proc}/self/cgroup`) ?? '').split('\n').map(membership);
  const mounts = (readText(`${files.proc}/self/mountinfo`) ?? '')
    .split('\n')
    .flatMap((line) => cgroupMount(line) ?? []);
  const v1 = memberships.find((entry) => entry?.controllers.includes('memory'));
  const [version, path] = v1 ? ([1, v1.path] as const) : ([2, memberships.find(isUnified)?.path] as const);
  const mount = mounts.find((entry) => entry.version === version);
  if (path === undefined || !mount) return undefined;
  const top = files.root + mount.point;
  return { version, top, folder: posix.join(top, inside(path, mount.root)) };
}

/** `hierarchy:controllers:path` of cgroups(7). The unified hierarchy has the number 0 and names no controllers. */
interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

function membership(line: string): Membership | undefined {
  const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  return path === undefined ? undefined : { controllers: controllers?.split(',').filter(Boolean) ?? [], path };
}

function isUnified(entry: Membership | undefined): boolean {
  return entry?.controllers.length === 0;
}

interface CgroupMount {
  readonly version: 1 | 2;
  /** The group that the mount shows at its top: `/`, or a container's own. */
  readonly root: string;
  readonly point: string;
}

/** `id parent device root point options … - type source super-options` of proc(5). */
function cgroupMount(line: string): CgroupMount | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, point] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (root === undefined || point === undefined) return undefined;
  if (type === 'cgroup2') return { version: 2, root: unescape(root), point: unescape(point) };
  const limitsMemory = type === 'cgroup' && options.split(',').includes('memory');
  return limitsMemory ? { version: 1, root: unescape(root), point: unescape(point) } : undefined;
}

/** Blanks and backslashes are octal in mountinfo. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** A path of the hierarchy below what the mount shows; its top if it lies elsewhere, as in a container with the host's paths. */
function inside(path: string, root: string): string {
  const relative = posix.relative(root, path);
  return relative.startsWith('..') ? '' : relative;
}
