import { open } from 'node:fs/promises';
import process from 'node:process';
import { keySigner, parsePrivateKey } from '#packages/model-package';
import type { Signer } from '#packages/model-package';
import { messageOf } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';

/** Read and write permission of others, write permission of the group (stat(2)); a group may share a key on purpose. */
const EXPOSED = 0o026;

/** A signer with the key in a PEM file. @throws EdgeError `signing.key-unreadable`, `signing.key-exposed`, `signature.bad-key` */
export async function fileSigner(file: string, keyId?: string): Promise<Signer> {
  return keySigner(parsePrivateKey(await readPrivate(file)), keyId);
}

async function readPrivate(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && mode & EXPOSED) throw exposed(file, mode);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'signing.key-exposed') throw cause;
    throw packagingErrors.error('signing.key-unreadable', `cannot read the key "${file}": ${messageOf(cause)}`, {
      cause,
    });
  }
}

function exposed(file: string, mode: number): Error {
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  return packagingErrors.error('signing.key-exposed', `the private key ${file} is open to others (mode ${shown})`, {
    facts: { file, mode: shown },
  });
}
