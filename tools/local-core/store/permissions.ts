import { chmod, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactPermission } from '../../recipe/recipe.ts';

/**
 * Applies an artifact's `Permission` to a file, or to every file below a folder, whatever the archive said.
 * Folders become rwxr-xr-x. The owner may always read; a core that does not run as root keeps write access, to clean up.
 */
export async function applyPermission(target: string, permission: ArtifactPermission): Promise<void> {
  const mode = fileMode(permission);
  await applyTo(target, mode);
}

/** Execute needs read; OWNER includes the group, to which the component's user belongs. */
export function fileMode(permission: ArtifactPermission, isRoot = process.getuid?.() === 0): number {
  const { read, execute } = permission;
  let mode = isRoot ? 0o400 : 0o600;
  if (read !== 'NONE' || execute !== 'NONE') mode |= 0o040;
  if (read === 'ALL' || execute === 'ALL') mode |= 0o004;
  if (execute !== 'NONE') mode |= 0o110;
  if (execute === 'ALL') mode |= 0o001;
  return mode;
}

async function applyTo(target: string, mode: number): Promise<void> {
  const facts = await lstat(target);
  if (facts.isSymbolicLink()) return;
  if (!facts.isDirectory()) {
    if ((facts.mode & 0o7777) !== mode) await chmod(target, mode);
    return;
  }
  if ((facts.mode & 0o7777) !== 0o755) await chmod(target, 0o755);
  for (const name of await readdir(target)) await applyTo(path.join(target, name), mode);
}
