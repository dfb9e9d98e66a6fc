import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import { httpErrors } from '../errors.ts';

const GROUP_ENTERS = 0o010;
const GROUP_AND_OTHERS = 0o077;

/**
 * Lets the group of a work folder reach sockets and links in it by their names, without listing it, and takes from group and others every
 * right to the plain files that are there: until now the folder kept them out. Nothing to do on Windows.
 * @throws EdgeError `socket.failed`
 */
export async function letGroupEnter(folder: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'win32') return;
  // The same for files to come.
  process.umask(process.umask() | GROUP_AND_OTHERS);
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      const { mode } = await stat(path);
      if ((mode & GROUP_AND_OTHERS) !== 0) await chmod(path, mode & 0o700);
    }
    await chmod(folder, ((await stat(folder)).mode & 0o7777) | GROUP_ENTERS);
  } catch (cause) {
    throw httpErrors.error('socket.failed', `cannot let the group enter ${folder}: ${messageOf(cause)}`, { cause });
  }
}
