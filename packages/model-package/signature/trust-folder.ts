import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exists, messageOf } from '#packages/foundation';
import { packageErrors } from '../errors.ts';

/** A key is at most this long: PEM of P-256 has 180 bytes. */
const MAX_KEY_BYTES = 4_096;
const KEY_FILE = /^([A-Za-z0-9][A-Za-z0-9._:-]{0,127})\.(?:pem|pub)$/;
/** Links are not followed, and a pipe does not hold the agent up (open(2)); neither exists on Windows. */
const READ_FILE = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Write permission of group and others (stat(2)). */
const WRITABLE_BY_OTHERS = 0o022;
/** In a folder with this bit nobody can move or replace what belongs to another (inode(7)). */
const STICKY = 0o1000;
/** As many links as the kernel follows on the way to a file (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * Public keys by key id: `<key id>.pem` or `.pub` files of a folder. It is read at every check, so that a key can be added
 * or taken away without a restart. Anybody who can write there decides which models run, so neither the folder nor a file of it
 * may be writable by group or others, nor belong to another user than root or this one. The same holds for every folder on the
 * way there, from the root on, and for those that links on the way lead through: who can exchange one of them exchanges the keys.
 * Of those only a folder such as /tmp may be written by others, if nobody can move there what is not theirs. Files that are links are refused.
 * Windows has no such modes: there the folder's access list has to do.
 *
 * @throws EdgeError `signature.unsafe-trust`, `signature.trust-unreadable`
 */
export async function readTrustFolder(folder: string): Promise<Readonly<Record<string, string>>> {
  const keys: Record<string, string> = {};
  await requireSafeWay(folder);
  for (const name of (await reachable(folder, readdir(folder))).sort()) {
    const keyId = KEY_FILE.exec(name)?.[1];
    if (keyId !== undefined) keys[keyId] = await readKey(join(folder, name));
  }
  return keys;
}

/** Permissions of group and others (stat(2)). */
const ANY_OTHERS = 0o077;

/**
 * The private key of this device with an id, `<key id>.key` in the same folder; undefined if there is none. Nobody but its owner, who is
 * root or this user, may even read it.
 *
 * @throws EdgeError `encryption.unsafe-key`, `signature.unsafe-trust`, `signature.trust-unreadable`
 */
export async function readDeviceKey(folder: string, keyId: string): Promise<string | undefined> {
  const file = join(folder, `${keyId}.key`);
  if (!(await exists(file))) return undefined;
  await requireSafeWay(folder);
  const handle = await reachable(file, open(file, READ_FILE));
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw unreadable(file, 'it is not a file');
    requireSafe(file, facts);
    const shown = (facts.mode & 0o777).toString(8).padStart(3, '0');
    if (process.getuid !== undefined && (facts.mode & ANY_OTHERS) !== 0) {
      const message = `${file} is a private key, and group or others can read it (mode ${shown})`;
      throw packageErrors.error('encryption.unsafe-key', message, { facts: { path: file } });
    }
    return await textOf(handle);
  } finally {
    await handle.close();
  }
}

/** Facts and text come from one open file, so that what was checked is what is read. */
async function readKey(file: string): Promise<string> {
  const handle = await reachable(file, open(file, READ_FILE));
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw unreadable(file, 'it is not a file');
    requireSafe(file, facts);
    return await textOf(handle);
  } finally {
    await handle.close();
  }
}

async function textOf(handle: FileHandle): Promise<string> {
  const bytes = Buffer.alloc(MAX_KEY_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  return bytes.toString('utf8', 0, bytesRead);
}

/** Looks at every name of the path, and of the paths that links stand for. */
async function requireSafeWay(folder: string): Promise<void> {
  let links = 0;
  const walk = async (path: string, isTarget: boolean): Promise<void> => {
    const parent = dirname(path);
    if (parent !== path) await walk(parent, false);
    const facts = await reachable(path, lstat(path));
    if (facts.isSymbolicLink()) {
      if (++links > MAX_LINKS) throw unreadable(folder, 'too many links lead there');
      // Nobody can write into a link; what counts is who may exchange it, and that is its folder, which has been looked at.
      requireOwner(path, facts);
      return walk(resolve(parent, await reachable(path, readlink(path))), isTarget);
    }
    if (isTarget || (facts.mode & STICKY) === 0) requireSafe(path, facts);
    else requireOwner(path, facts);
  };
  await walk(resolve(folder), true);
}

function requireSafe(path: string, { mode, uid }: { readonly mode: number; readonly uid: number }): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  if (mode & WRITABLE_BY_OTHERS) throw unsafe(path, `can be written by group or others (mode ${shown})`);
  requireOwner(path, { uid });
}

function requireOwner(path: string, { uid }: { readonly uid: number }): void {
  const own = process.getuid?.();
  if (own === undefined || uid === 0 || uid === own) return;
  throw unsafe(path, `belongs to user ${uid}, neither root nor ${own}`);
}

function unsafe(path: string, why: string): Error {
  return packageErrors.error(
    'signature.unsafe-trust',
    `${path} holds trusted keys, or is on the way to them, and ${why}`,
    { facts: { path } },
  );
}

async function reachable<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw unreadable(path, messageOf(cause), cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): Error {
  return packageErrors.error('signature.trust-unreadable', `the trusted keys in ${path} cannot be read: ${why}`, {
    cause,
    facts: { path },
  });
}
