import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Work folders as the version before left them, made by the code of commit 938881c (2026-11-26, the last one before journals and
 * services were remembered): `agent/` with the store of three aliases, quarantine and lowest versions; `uploader/` with a spool of
 * three samples that wait.
 */
const ARCHIVE = path.join(import.meta.dirname, 'state-938881c.tar.gz');

/** Unpacks them into a folder. */
export async function unpackFormerState(folder: string): Promise<void> {
  await promisify(execFile)('tar', ['-xzf', ARCHIVE, '-C', folder]);
}
