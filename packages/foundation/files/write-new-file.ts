import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * Writes a file that is not there yet. Its content is on the disk when this resolves; its name is after `syncFolder`.
 * Nothing is left when it fails.
 *
 * @throws the system's error; `EEXIST` when the file is there
 */
export async function writeNewFile(file: string, chunks: readonly Uint8Array[], mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    for (const chunk of chunks) await handle.writeFile(chunk);
    await handle.sync();
  } catch (thrown) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await handle.close();
}

/** Writes all of `bytes` at a place of the file: a write may take less than it is given, above all on a full disk. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, place: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, place + done);
    done += bytesWritten;
  }
}
