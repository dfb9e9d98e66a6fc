import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { wireErrorOf } from '#packages/foundation';
import type { DeepReadonly, WireError } from '#packages/foundation';
import type { RedactionSettings } from '../../settings/redaction-schema.ts';
import type { RedactionRecord } from '../../spool/stored-sample.ts';
import type { HashPicture } from '../../duplicates/picture-hash.ts';
import type { Redact } from '../redactor.ts';
import { encodeFrame, readFrames } from './frame.ts';
import type { Frame } from './frame.ts';

/** Header of a question; its body is the image: to be redacted, or, without settings, to be hashed. */
export type RedactionQuestion =
  { readonly settings: DeepReadonly<RedactionSettings>; readonly prediction: unknown } | { readonly hash: true };

/** Header of an answer; its body is the redacted image, the hash, or nothing. */
export type RedactionAnswer =
  { readonly record: RedactionRecord } | { readonly hash: true } | { readonly error: WireError };

/**
 * Answers questions, one after the other, until there are no more.
 *
 * @param collect takes away what earlier questions left, before the next needs its memory
 */
export async function answerRedactions(
  input: Readable,
  output: Writable,
  { redact, hash }: { readonly redact: Redact; readonly hash: HashPicture },
  collect: () => void,
): Promise<void> {
  for await (const { header, body } of readFrames(input)) {
    collect();
    const question = header as RedactionQuestion;
    const answer = 'hash' in question ? hashed(await hash(body)) : await redacted(redact, question, body);
    await writeAll(output, encodeFrame(answer));
  }
}

const NOTHING = Buffer.alloc(0);

function hashed(hash: Uint8Array = NOTHING): Frame {
  return { header: { hash: true } satisfies RedactionAnswer, body: hash };
}

function redacted(
  redact: Redact,
  { settings, prediction }: Exclude<RedactionQuestion, { readonly hash: true }>,
  image: Uint8Array,
): Promise<Frame> {
  return redact(image, settings, prediction).then(
    ({ image: body, record }) => ({ header: { record } satisfies RedactionAnswer, body }),
    (thrown: unknown) => ({ header: { error: wireErrorOf(thrown) } satisfies RedactionAnswer, body: NOTHING }),
  );
}

async function writeAll(output: Writable, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) if (!output.write(piece)) await once(output, 'drain');
}
