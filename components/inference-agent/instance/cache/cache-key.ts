import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { writeAtomically } from '#packages/foundation';

const KEY_BYTES = 32;
/** Links are not followed, and a pipe does not hold the agent up (open(2)); neither exists on Windows. */
const READ_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Every permission of group and others (stat(2)). */
const OF_OTHERS = 0o077;

/**
 * The agent's own key for what it writes down about models. It never leaves the agent's process, and its file can be read by the
 * agent's user alone. A key that others could read, or that is damaged, is replaced; what was sealed with it is then forgotten.
 *
 * @throws the system's error if there is none and none can be written
 */
export async function cacheKey(file: string): Promise<Buffer> {
  const known = await readKey(file).catch(() => undefined);
  if (known) return known;
  const key = randomBytes(KEY_BYTES);
  await writeAtomically(file, key, { mode: 0o600 });
  return key;
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, READ_FILE);
  try {
    const { mode, uid, size } = await handle.stat();
    const own = process.getuid?.();
    const isPrivate = own === undefined || ((mode & OF_OTHERS) === 0 && uid === own);
    return isPrivate && size === KEY_BYTES ? await handle.readFile() : undefined;
  } finally {
    await handle.close();
  }
}
