import { createHash, createHmac } from 'node:crypto';
import type { BinaryLike, Hash, Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialSource } from '#packages/object-store';

export interface KmsDecryptOptions {
  readonly credentials: CredentialSource;
  /** Default: that of the key's region. */
  readonly endpoint?: string;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;

/**
 * Asks AWS KMS to decrypt (AWS KMS API Reference, "Decrypt"). Its client would take more room in the bundle than the agent's zip has left,
 * for this one request.
 *
 * @throws what KMS answered, the connection's error, or the signal's reason
 */
export async function kmsDecrypt(
  keyArn: string,
  ciphertext: Uint8Array,
  options: KmsDecryptOptions,
): Promise<Uint8Array> {
  const [, partition = '', , region = ''] = keyArn.split(':');
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = new URL(options.endpoint ?? `https://kms.${region}.${suffix}/`);
  const body = JSON.stringify({ KeyId: keyArn, CiphertextBlob: Buffer.from(ciphertext).toString('base64') });
  const signer = new SignatureV4({
    service: 'kms',
    region,
    credentials: await options.credentials.get(),
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
    body,
  });
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const answer = (await response.json().catch(() => ({}))) as KmsAnswer;
  if (response.ok && typeof answer.Plaintext === 'string') return Buffer.from(answer.Plaintext, 'base64');
  if (response.status === 401 || response.status === 403) options.credentials.invalidate();
  const code = answer.__type?.split('#').at(-1) ?? `HTTP ${response.status}`;
  throw new Error(`kms:Decrypt: ${code}${answer.message === undefined ? '' : `: ${answer.message}`}`);
}

interface KmsAnswer {
  readonly Plaintext?: string;
  readonly __type?: string;
  readonly message?: string;
}

/** The request to the signer for a hash. */
class Sha256 {
  #hash: Hash | Hmac;
  readonly #secret: BinaryLike | undefined;

  constructor(secret?: unknown) {
    this.#secret = secret as BinaryLike | undefined;
    this.#hash = this.#fresh();
  }

  update(data: unknown): void {
    this.#hash.update(data as BinaryLike);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}
