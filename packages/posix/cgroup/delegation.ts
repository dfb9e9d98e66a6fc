import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';

import { posixErrors } from '../errors.ts';
import { failureOf } from '../libc/failure.ts';
import { readText, SYSTEM_FILES } from '../memory/system-files.ts';
import type { SystemFiles } from '../memory/system-files.ts';
import { ownMemoryCgroup } from './own-cgroup.ts';

/** Whether this process may bound others by control groups of its own, and if not, why. */
export type CgroupDelegation =
  { readonly available: true; readonly folder: string } | { readonly available: false; readonly reason: string };

/** The group that this process itself moves to: a group that bounds its children has no processes of its own (cgroups(7)). */
const OWN_LEAF = 'self';
/** The limits of groups of children, as far as the system has them. */
const CONTROLLERS = ['memory', 'cpu'];
/** systemd marks what it delegates: the first for everybody (version 251), the second for root alone. */
const MARKS = ['user.delegate', 'trusted.delegate'];

/** Looks only; changes nothing. */
export function cgroupDelegation(files: SystemFiles = SYSTEM_FILES): CgroupDelegation {
  const own = ownMemoryCgroup(files);
  if (!own) return no('no control group limits memory here');
  if (own.version === 1) return no('memory is limited by control groups of version 1 here');
  const folder = own.folder.endsWith(`/${OWN_LEAF}`) ? own.folder.slice(0, -OWN_LEAF.length - 1) : own.folder;
  if (!hasController(folder, 'memory')) {
    return no(`${folder} does not have the memory controller`);
  }
  const closed = [folder, `${folder}/cgroup.procs`, `${folder}/cgroup.subtree_control`].find((path) => !mayWrite(path));
  if (closed !== undefined) {
    return no(`${closed} may not be written; the service's unit does not say Delegate=yes`);
  }
  if (!isGivenAway(folder, files)) {
    return no(`nobody has delegated ${folder} to this process, though it may write there; a unit does by Delegate=yes`);
  }
  const stranger = words(`${folder}/cgroup.procs`)
    .map(Number)
    .find((pid) => !isOurs(pid, files));
  if (stranger !== undefined) return no(`process ${stranger}, which is not ours, is in ${folder}, too`);
  return { available: true, folder };
}

/**
 * Makes the group of this process one that may have children with limits, once: its processes move to a group of their own below.
 * @returns the folder to make children in
 * @throws EdgeError `posix.denied` with the reason, `posix.failed`
 */
export function takeDelegation(files: SystemFiles = SYSTEM_FILES): string {
  const delegation = cgroupDelegation(files);
  if (!delegation.available) {
    throw posixErrors.error('posix.denied', `cannot make control groups: ${delegation.reason}`);
  }
  const { folder } = delegation;
  const enabled = words(`${folder}/cgroup.subtree_control`);
  const missing = CONTROLLERS.filter((name) => hasController(folder, name) && !enabled.includes(name));
  if (missing.length === 0) return folder;
  try {
    mkdirSync(`${folder}/${OWN_LEAF}`, { recursive: true });
    for (const pid of words(`${folder}/cgroup.procs`)) writeFileSync(`${folder}/${OWN_LEAF}/cgroup.procs`, pid);
    writeFileSync(`${folder}/cgroup.subtree_control`, missing.map((name) => `+${name}`).join(' '));
    return folder;
  } catch (thrown) {
    throw failureOf(`cannot prepare ${folder} for groups below it`, 'write', thrown);
  }
}

/** Whether children of the group can be bounded by the controller, once the delegation is taken. */
export function hasController(folder: string, name: string): boolean {
  return words(`${folder}/cgroup.controllers`).includes(name);
}

function no(reason: string): CgroupDelegation {
  return { available: false, reason };
}

function words(path: string): readonly string[] {
  return readText(path)?.split(/\s+/).filter(Boolean) ?? [];
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether whoever made the group has handed it over. Root may write everywhere, also to the group that a nucleus made for its
 * component: processes that it puts there later would be refused once the group has children, and it could not remove it.
 */
function isGivenAway(folder: string, files: SystemFiles): boolean {
  const user = process.getuid?.();
  if (user !== 0 && statSync(folder).uid === user) return true;
  return MARKS.some((mark) => files.attribute(folder, mark) === '1');
}

/** This process, or a descendant of it. */
function isOurs(pid: number, files: SystemFiles): boolean {
  for (let ancestor = pid, steps = 0; ancestor > 1 && steps < 64; steps++) {
    if (ancestor === process.pid) return true;
    const parent = /^PPid:\s+(\d+)$/m.exec(readText(`${files.proc}/${ancestor}/status`) ?? '')?.[1];
    ancestor = Number(parent ?? 0);
  }
  return false;
}
