import * as z from 'zod';
import { sketchSchema } from '../sketch/sketch-schema.ts';
import type { Finding } from './finding.ts';

const finding = z.object({
  feature: z.custom<Finding['feature']>((value) => typeof value === 'string'),
  measure: z.enum(['psi', 'jensen-shannon', 'beyond', 'unlike', 'cusum']),
  value: z.number(),
  threshold: z.number(),
  direction: z.enum(['lower', 'higher']).optional(),
});
const findings = z
  .array(finding)
  .transform((all): readonly Finding[] => all as Finding[])
  .readonly();
const hysteresis = z.object({ active: z.boolean(), streak: z.int() });
const cusum = z.object({ early: z.array(z.number()).readonly(), up: z.number(), down: z.number() });
const cause = z.enum(['camera', 'world']);
const drift = z.object({
  reason: z.enum([
    'dark',
    'bright',
    'blocked',
    'blurred',
    'moved',
    'contrast',
    'sharpness',
    'classes',
    'scores',
    'objects',
    'size',
    'embedding',
  ]),
  finding: finding.transform((one) => one as Finding),
  sinceMs: z.number(),
});

/** A watch as it lies in a file: see `DriftWatch`. */
export const savedWatchSchema = z.object({
  slotStart: z.number(),
  paneStart: z.number(),
  slot: sketchSchema,
  pane: sketchSchema,
  panes: z.array(sketchSchema).readonly(),
  ended: z.int(),
  clean: z.int(),
  troubled: z.int(),
  camera: hysteresis,
  world: hysteresis,
  blamed: cause,
  habits: z.record(z.string(), z.array(z.number()).readonly()),
  /** The last whole window. */
  before: sketchSchema.optional(),
  trends: z.object({
    brightness: cusum,
    contrast: cusum,
    sharpness: cusum,
    objects: cusum,
    size: cusum,
    scores: cusum,
  }),
  slotFindings: findings,
  windowFindings: findings,
  drifts: z.array(z.tuple([cause, drift])).readonly(),
});

export type SavedWatch = z.output<typeof savedWatchSchema>;
