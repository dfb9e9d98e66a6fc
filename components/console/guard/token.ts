import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { messageOf, readTextIfAny, writeAtomically } from '#packages/foundation';
import { consoleErrors } from '../errors.ts';

const LEAST_CHARACTERS = 16;
const RANDOM_BYTES = 16;

/** The secret that every write needs. It travels in its own header, never as a cookie. */
export class Token {
  readonly #digest: Buffer;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.#digest = digestOf(text);
  }

  /** Whether the request brings it, as `Authorization: Bearer …`. */
  isIn({ headers: { authorization = '' } }: IncomingMessage): boolean {
    const [, given = ''] = /^Bearer (\S+)$/.exec(authorization) ?? [];
    return timingSafeEqual(digestOf(given), this.#digest);
  }
}

/**
 * The token of the file, else the one in the work folder, which is made at the first start and outlives restarts.
 *
 * @param file as configured; empty: the work folder's
 * @throws EdgeError `console.token-unusable`
 */
export async function openToken(file: string, workFolder: string): Promise<Token> {
  const path = file === '' ? join(workFolder, 'token') : file;
  const text = await readTextIfAny(path).catch((cause: unknown) => {
    throw unusable(path, messageOf(cause), cause);
  });
  const word = text?.trim() ?? '';
  if (word.length >= LEAST_CHARACTERS && /^\S+$/.test(word)) return new Token(word);
  if (file !== '')
    throw unusable(
      path,
      text === undefined ? 'there is none' : `it has fewer than ${LEAST_CHARACTERS} characters, or spaces`,
    );
  const made = randomBytes(RANDOM_BYTES).toString('hex');
  await writeAtomically(path, `${made}\n`, { mode: 0o600 });
  return new Token(made);
}

function unusable(path: string, why: string, cause?: unknown): Error {
  const message = `the token of the console in ${path} cannot be used: ${why}`;
  return consoleErrors.error('console.token-unusable', message, { cause, facts: { path } });
}

/** Digests have one length, which comparing in constant time needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
