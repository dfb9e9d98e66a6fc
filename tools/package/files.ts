import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { packagingErrors } from './errors.ts';

/** Copies a file to the same relative path below another folder. */
export async function copyInto(from: string, file: string, to: string): Promise<void> {
  const target = path.join(to, file);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(path.join(from, file), target);
}

export async function writeInto(dir: string, file: string, content: string | Uint8Array): Promise<void> {
  const target = path.join(dir, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, content);
}

/** Reads a file that the user named. @throws EdgeError `packaging.file-unreadable` */
export async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw packagingErrors.error('packaging.file-unreadable', `cannot read "${file}": ${messageOf(cause)}`, {
      cause,
      facts: { file },
    });
  }
}
