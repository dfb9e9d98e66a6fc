import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Handlers } from './greengrass.ts';
import { ServiceFault } from './service-fault.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Symmetric keys of AWS KMS, by ARN: what one has encrypted no other opens. */
export class KmsStandIn {
  readonly #keys = new Map<string, Buffer>();
  /** Whether the caller may decrypt. */
  mayDecrypt = true;

  readonly handlers: Handlers = {
    Encrypt: ({ KeyId, Plaintext }) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, this.#key(KeyId), nonce);
      const parts = [nonce, cipher.update(Buffer.from(Plaintext, 'base64')), cipher.final(), cipher.getAuthTag()];
      return {
        KeyId,
        CiphertextBlob: Buffer.concat(parts).toString('base64'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      };
    },
    Decrypt: ({ KeyId, CiphertextBlob }) => {
      if (!this.mayDecrypt) throw fault('AccessDeniedException', `not authorized: kms:Decrypt on ${KeyId}`);
      const sealed = Buffer.from(CiphertextBlob, 'base64');
      try {
        const decipher = createDecipheriv(CIPHER, this.#key(KeyId), sealed.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        return { KeyId, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      } catch {
        throw fault('InvalidCiphertextException', 'not of this key');
      }
    },
  };

  #key(arn: string): Buffer {
    const known = this.#keys.get(arn) ?? randomBytes(32);
    this.#keys.set(arn, known);
    return known;
  }
}

/** KMS names its errors in the body (AWS JSON 1.1 protocol). */
function fault(code: string, message: string): ServiceFault {
  return new ServiceFault(code, 400, message, { __type: code });
}
