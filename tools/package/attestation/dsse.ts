import { verify } from 'node:crypto';
import * as z from 'zod';
import { algorithmOf, parsePublicKey } from '#packages/model-package';
import type { Signer } from '#packages/model-package';
import { packagingErrors } from '../errors.ts';

/** Dead Simple Signing Envelope 1.0 (secure-systems-lab/dsse, envelope.md). */
export type Envelope = Readonly<z.infer<typeof envelopeSchema>>;

const IN_TOTO_TYPE = 'application/vnd.in-toto+json';

const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z.array(z.object({ keyid: z.string().default(''), sig: z.base64() })).min(1),
});

export async function signEnvelope(payload: string, signer: Signer, signal: AbortSignal): Promise<Envelope> {
  const bytes = Buffer.from(payload);
  const sig = Buffer.from(await signer.sign(encoded(IN_TOTO_TYPE, bytes), signal)).toString('base64');
  return { payloadType: IN_TOTO_TYPE, payload: bytes.toString('base64'), signatures: [{ keyid: signer.keyId, sig }] };
}

/**
 * The payload of an envelope that a trusted key has signed, and the id of that key. The key decides how to verify, and the id only where to look.
 *
 * @param keys key id → public key
 * @throws EdgeError `attestation.malformed`, `attestation.untrusted`
 */
export function openEnvelope(
  text: string,
  keys: Readonly<Record<string, string>>,
): { readonly payload: string; readonly keyId: string } {
  const { payloadType, payload, signatures } = parsed(text);
  if (payloadType !== IN_TOTO_TYPE)
    throw packagingErrors.error('attestation.malformed', `the payload is ${payloadType}, not ${IN_TOTO_TYPE}`);
  const bytes = Buffer.from(payload, 'base64');
  const signed = encoded(payloadType, bytes);
  for (const { keyid, sig } of signatures) {
    if (!Object.hasOwn(keys, keyid)) continue;
    const key = parsePublicKey(keys[keyid] ?? '', `trusted key "${keyid}"`);
    const digest = algorithmOf(key) === 'Ed25519' ? null : 'sha256';
    if (verify(digest, signed, key, Buffer.from(sig, 'base64')))
      return { payload: bytes.toString('utf8'), keyId: keyid };
  }
  const ids = signatures.map(({ keyid }) => `"${keyid}"`).join(', ');
  throw packagingErrors.error('attestation.untrusted', `no trusted key has made the signature by ${ids}`);
}

function parsed(text: string): Envelope {
  try {
    return envelopeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw packagingErrors.error('attestation.malformed', 'a line is not an envelope of DSSE', { cause });
  }
}

/** Pre-authentication encoding (dsse, protocol.md): lengths are of bytes. */
function encoded(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);
}
