import * as z from 'zod';
import { packagingErrors } from '../errors.ts';
import { STATEMENT_TYPE } from './attest.ts';
import { openEnvelope } from './dsse.ts';

/** A statement that a trusted key has signed about an artifact. */
export interface VerifiedStatement {
  readonly keyId: string;
  readonly predicateType: string;
  readonly predicate: object;
}

const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string(),
  predicate: z.looseObject({}),
});

/**
 * Reads statements, one envelope on each line. Each must be signed by a trusted key, and be about the artifact.
 *
 * @param sha256 of the artifact, hexadecimal
 * @param keys key id → public key
 * @throws EdgeError `attestation.malformed`, `attestation.untrusted`, `attestation.other-artifact`
 */
export function verifyAttestation(
  text: string,
  sha256: string,
  keys: Readonly<Record<string, string>>,
): readonly VerifiedStatement[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw packagingErrors.error('attestation.malformed', 'there is no statement in it');
  return lines.map((line) => {
    const { payload, keyId } = openEnvelope(line, keys);
    const { subject, predicateType, predicate } = parsed(payload);
    if (subject.some(({ digest }) => digest['sha256'] === sha256)) return { keyId, predicateType, predicate };
    const names = subject.map(({ name, digest }) => `${name} (sha256 ${digest['sha256'] ?? 'not given'})`).join(', ');
    const message = `the statement is about ${names}, and the artifact has sha256 ${sha256}`;
    throw packagingErrors.error('attestation.other-artifact', message);
  });
}

function parsed(payload: string): z.infer<typeof statementSchema> {
  try {
    return statementSchema.parse(JSON.parse(payload));
  } catch (cause) {
    throw packagingErrors.error('attestation.malformed', 'what was signed is not a statement of in-toto, version 1', {
      cause,
    });
  }
}
