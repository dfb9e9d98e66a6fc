import { chmod, lstat, mkdir } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import { httpErrors } from '../errors.ts';

/**
 * The group may go in and finds the sockets, which have the group of the folder (set-group-id). It may not write: whoever may
 * could put a socket of his own in the place of a server's.
 */
const FOLDER_MODE = 0o2750;
const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes a folder for sockets that programs of other users reach, or checks that nobody else can exchange what lies in the one
 * that is there. Its mode and group stay as they are: they say who gets in. Nothing to check on Windows, where pipes have no folder.
 * @throws EdgeError `socket.unsafe-folder`, `socket.failed`
 */
export async function openSocketFolder(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'win32') return;
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    // The umask took some of it, and mkdir(2) leaves the set-group-id bit out on some systems.
    await chmod(path, FOLDER_MODE);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw httpErrors.error('socket.failed', `cannot make the folder ${path}: ${messageOf(cause)}`, { cause });
    }
  }
  const found = await lstat(path);
  if (!found.isDirectory()) throw unsafe(path, 'it is not a folder (links are not followed)');
  if (found.uid !== process.getuid?.() && found.uid !== 0) throw unsafe(path, `it belongs to the user ${found.uid}`);
  if ((found.mode & GROUP_OR_OTHERS_WRITE) !== 0 && (found.mode & STICKY) === 0) {
    throw unsafe(path, `others may write into it (mode ${(found.mode & 0o7777).toString(8)})`);
  }
}

function unsafe(path: string, why: string) {
  const message = `${path} is not a safe place for sockets: ${why}`;
  return httpErrors.error('socket.unsafe-folder', message, { facts: { path } });
}
