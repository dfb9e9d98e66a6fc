import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { wireErrorOf } from '#packages/foundation';
import type { DeepReadonly, WireError } from '#packages/foundation';
import type { RedactionSettings } from '../../settings/redaction-schema.ts';
import type { RedactionRecord } from '../../spool/stored-sample.ts';
import type { Redact } from '../redactor.ts';
import { encodeFrame, readFrames } from './frame.ts';

/** Header of a question; its body is the image. */
export interface RedactionQuestion {
  readonly settings: DeepReadonly<RedactionSettings>;
  readonly prediction: unknown;
}

/** Header of an answer; its body is the redacted image, or nothing. */
export type RedactionAnswer = { readonly record: RedactionRecord } | { readonly error: WireError };

/**
 * Answers questions, one after the other, until there are no more.
 *
 * @param collect takes away what earlier questions left, before the next needs its memory
 */
export async function answerRedactions(
  input: Readable,
  output: Writable,
  redact: Redact,
  collect: () => void,
): Promise<void> {
  for await (const { header, body } of readFrames(input)) {
    collect();
    const { settings, prediction } = header as RedactionQuestion;
    const answer = await redact(body, settings, prediction).then(
      ({ image, record }) => encodeFrame({ header: { record } satisfies RedactionAnswer, body: image }),
      (thrown: unknown) =>
        encodeFrame({ header: { error: wireErrorOf(thrown) } satisfies RedactionAnswer, body: Buffer.alloc(0) }),
    );
    await writeAll(output, answer);
  }
}

async function writeAll(output: Writable, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) if (!output.write(piece)) await once(output, 'drain');
}
