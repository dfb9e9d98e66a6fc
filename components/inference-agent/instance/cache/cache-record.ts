import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson, PROVIDERS } from '#packages/model-package';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Versions and processors describe themselves in words. */
const words = z.string().max(16_384);

/** Findings from opening a package that the next opening can reuse. */
export const learnedSchema = z.strictObject({
  choice: z.strictObject({
    key: sha256,
    file: z.string().max(512),
    provider: z.enum(PROVIDERS),
    intraOpThreads: z.int().min(0),
    reducedDecode: z.boolean(),
  }),
  optimized: z
    .strictObject({
      modelHash: sha256,
      runtime: words,
      cpu: words,
      file: z.string().regex(/^[0-9a-f-]{36}\.onnx$/),
      bytes: z.int().positive(),
      sha256,
    })
    .exactOptional(),
});

export type Learned = Readonly<z.infer<typeof learnedSchema>>;

const recordSchema = z.strictObject({
  format: z.literal(1),
  /** Hash of the package that this holds for, and for no other. */
  package: sha256,
  learned: learnedSchema,
  /** HMAC-SHA256 of the rest under the agent's key, hexadecimal. */
  seal: sha256,
});

/** The text that is written down: whoever does not have the key cannot write one that is believed. */
export function sealRecord(learned: Learned, packageHash: string, key: Buffer): string {
  return `${JSON.stringify({ format: 1, package: packageHash, learned, seal: sealOf(learned, packageHash, key).toString('hex') })}\n`;
}

/** The record of this package in the text; undefined if it was not sealed with this key for it. */
export function openRecord(text: string, packageHash: string, key: Buffer): Learned | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = recordSchema.safeParse(value).data;
  if (record?.package !== packageHash) return undefined;
  const seal = Buffer.from(record.seal, 'hex');
  return timingSafeEqual(seal, sealOf(record.learned, packageHash, key)) ? record.learned : undefined;
}

function sealOf({ choice, optimized }: Learned, packageHash: string, key: Buffer): Buffer {
  const signed = { format: 1, package: packageHash, choice, optimized: optimized ?? null };
  return createHmac('sha256', key).update(canonicalJson(signed)).digest();
}
