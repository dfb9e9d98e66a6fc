import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { isLoopback, messageOf } from '#packages/foundation';
import type { PortAddress } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';
import { agentErrors } from '../errors.ts';

export interface ListenerSettings {
  readonly address: PortAddress;
  /** @throws EdgeError `open-inference.unauthenticated` if a caller with this `authorization` may not ask */
  readonly authorize: (authorization: string | undefined) => void;
}

const MIN_TOKEN = 16;

/**
 * Reads the settings of the listener on TCP and the files that they name; undefined if none is wanted. The listener always needs a
 * token, and TLS on every address but the loopback: a token that others can read protects nothing.
 * @param workFolder base of relative paths
 * @throws EdgeError `open-inference.listener` naming the setting
 */
export async function listenerSettings(
  { Port, Host, TokenFile, CertificateFile, KeyFile }: AgentConfiguration['OpenInferenceListener'],
  workFolder: string,
): Promise<ListenerSettings | undefined> {
  if (Port === 0) return undefined;
  const read = (setting: string, file: string): Promise<Buffer> => {
    if (file === '') throw unusable(setting, 'is empty');
    return readFile(resolve(workFolder, file)).catch((cause: unknown) => {
      throw unusable(setting, `names a file that cannot be read: ${messageOf(cause)}`, cause);
    });
  };
  const token = (await read('TokenFile', TokenFile)).toString('utf8').trim();
  if (token.length < MIN_TOKEN)
    throw unusable('TokenFile', `holds a token of ${token.length} characters; ${MIN_TOKEN} are the least`);
  const hasTls = CertificateFile !== '' || KeyFile !== '';
  if (!hasTls && !isLoopback(Host))
    throw unusable('CertificateFile', `is empty, and ${Host} is not a loopback address`);
  const tls = hasTls
    ? { cert: await read('CertificateFile', CertificateFile), key: await read('KeyFile', KeyFile) }
    : undefined;
  if (tls) requireUsable(tls, CertificateFile);
  const expected = digestOf(`Bearer ${token}`);
  return {
    address: { host: Host, port: Port, ...(tls ? { tls } : {}) },
    authorize(authorization) {
      // Digests have one length, and comparing them takes one time.
      if (timingSafeEqual(digestOf(authorization ?? ''), expected)) return;
      throw agentErrors.error('open-inference.unauthenticated', 'the token is missing or wrong');
    },
  };
}

/** A server with another key than the certificate's would start, and refuse everybody. */
function requireUsable(tls: { readonly cert: Buffer; readonly key: Buffer }, file: string): void {
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw unusable('CertificateFile', `and KeyFile cannot be used for TLS (${file}): ${messageOf(cause)}`, cause);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unusable(setting: string, what: string, cause?: unknown) {
  return agentErrors.error('open-inference.listener', `OpenInferenceListener.${setting} ${what}`, {
    cause,
    facts: { setting },
  });
}
