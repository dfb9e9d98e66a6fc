import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { driftErrors } from './errors.ts';
import { Sketch } from './sketch/sketch.ts';
import { sketchSchema } from './sketch/sketch-schema.ts';

/** Sketches of a model's pictures and answers when all is well; `baseline.json` of a package. */
export const baselineSchema = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  /** Whether these are a few chosen pictures, not a sample of what the model will see. */
  weak: z.boolean().default(false),
  /** Pictures of the reference set that could not be used. */
  leftOut: z.int().min(0).default(0),
  /** Counts over the reference set, as the device keeps them of each window. */
  sketch: sketchSchema,
});

export interface Baseline {
  readonly weak: boolean;
  readonly sketch: Sketch;
}

/** A baseline may take so much of a package. */
export const MAX_BASELINE_BYTES = 20_000;

/**
 * Reads what lies in a package.
 * @param source for messages, e.g. a path
 * @throws EdgeError `drift.baseline-invalid`
 */
export function parseBaseline(bytes: Uint8Array, source: string): Baseline {
  if (bytes.length > MAX_BASELINE_BYTES)
    throw invalid(source, `it is ${bytes.length} bytes, over ${MAX_BASELINE_BYTES}`);
  try {
    const { weak, sketch } = baselineSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { weak, sketch: Sketch.from(sketch) };
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    throw invalid(source, issue ? `/${issue.path.join('/')}: ${issue.message}` : messageOf(cause), cause);
  }
}

function invalid(source: string, why: string, cause?: unknown): EdgeError {
  return driftErrors.error('drift.baseline-invalid', `${source} is not a valid baseline: ${why}`, { cause });
}
