import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Finding } from '../finding.ts';

/** Devices that cameras and accelerators need, and the group that Debian gives them. */
const DEVICES = [
  { folder: '/dev/dri', pattern: /^renderD\d+$/, group: 'render' },
  { folder: '/dev', pattern: /^video\d+$/, group: 'video' },
  { folder: '/dev', pattern: /^nvidia(\d+|ctl|-uvm)$/, group: 'video' },
] as const;

/** Whom this runs as, and whether that user may use what the collection needs. */
export async function checkAccess(root: string | undefined): Promise<readonly Finding[]> {
  const who: Finding = {
    section: 'access',
    name: 'user',
    state: 'info',
    says: `${userInfo().username}; components of a device run as another one, ggc_user by default`,
  };
  const folders =
    root === undefined
      ? []
      : [folderFinding(root, constants.R_OK), folderFinding(path.join(root, 'work'), constants.R_OK)];
  const devices = process.platform === 'linux' ? (await Promise.all(DEVICES.map(devicesIn))).flat() : [];
  return [who, ...(await Promise.all(folders)), ...devices];
}

async function folderFinding(folder: string, mode: number): Promise<Finding> {
  const base = { section: 'access', name: folder } as const;
  const code = await access(folder, mode).then(
    () => '',
    (thrown: NodeJS.ErrnoException) => thrown.code ?? 'unknown',
  );
  if (code === '') {
    const { mode: bits } = await stat(folder);
    return { ...base, state: 'ok', says: `may be read, mode ${(bits & 0o7777).toString(8)}` };
  }
  const todo = code === 'ENOENT' ? 'Name the root folder of the nucleus with --root.' : 'Run this as root.';
  return { ...base, state: 'error', says: code === 'ENOENT' ? 'is not there' : `may not be read (${code})`, todo };
}

async function devicesIn({ folder, pattern, group }: (typeof DEVICES)[number]): Promise<readonly Finding[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name)).sort();
  return Promise.all(
    names.map(async (name): Promise<Finding> => {
      const file = path.join(folder, name);
      const base = { section: 'access', name: file } as const;
      const isUsable = await access(file, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      if (isUsable) return { ...base, state: 'ok', says: 'may be used by this user' };
      const todo = `Add the user of the components to the group ${group}, e.g. usermod -aG ${group} ggc_user.`;
      return { ...base, state: 'warning', says: 'may not be used by this user', todo };
    }),
  );
}
