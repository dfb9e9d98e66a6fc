import * as z from 'zod';
import { frameErrors } from './errors.ts';
import { checkLayout } from './check-layout.ts';
import { FORMATS, MATRICES, RANGES } from './frame-layout.ts';
import type { FrameLayout } from './frame-layout.ts';
import { MAX_EDGE, MAX_STRIDE } from './is-frame-layout.ts';
import type { SlotOfRing } from './ring/ring-record.ts';
import { MAX_SLOTS } from './ring/ring-record.ts';

/** Names a frame that lies in a ring. The frame does not change while a request names it. */
export interface FrameReference extends SlotOfRing, FrameLayout {
  /** Id of the ring, as its lease told it; never a path. */
  readonly ring: string;
  /** When the frame was taken, milliseconds since the epoch. */
  readonly takenAt: number;
}

/** @throws EdgeError `frames.reference-invalid` for whatever is not a reference of a sensible size */
export function readFrameReference(value: unknown): FrameReference {
  const parsed = referenceSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`).join('; ');
    throw frameErrors.error('frames.reference-invalid', `the body is not a reference to a frame: ${problems}`);
  }
  checkLayout(parsed.data);
  return parsed.data;
}

const edge = z.int().min(1).max(MAX_EDGE);

const layoutSchema = z.object({
  width: edge,
  height: edge,
  format: z.enum(FORMATS),
  strides: z.array(z.int().min(1).max(MAX_STRIDE)).min(1).max(3),
  matrix: z.enum(MATRICES),
  range: z.enum(RANGES),
});

const referenceSchema = layoutSchema.extend({
  ring: z.string().regex(/^[0-9a-f]{32}$/),
  slot: z
    .int()
    .min(0)
    .max(MAX_SLOTS - 1),
  sequence: z.int().min(1),
  takenAt: z.number().min(0),
});
