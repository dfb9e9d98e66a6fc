import { messageOf } from '#packages/foundation';
import type { DeepReadonly } from '#packages/foundation';
import type { Box } from '#packages/model-package';

import { readPrediction } from '#packages/samples';
import type { Outcome } from '#packages/samples';
import type { RedactionSettings } from '../settings/redaction-schema.ts';
import { uploaderErrors } from '../errors.ts';

/** The areas to hide, in fractions of the upright image. */
export interface Areas {
  readonly polygons: readonly Polygon[];
  readonly boxes: readonly Box[];
}

export type Polygon = readonly Corner[];
/** `[x, y]` */
export type Corner = readonly number[];

/**
 * The configured polygons, and the boxes of the configured classes, grown by the margin.
 *
 * @throws EdgeError `redaction.boxes-unknown` if classes are to be hidden and the prediction does not say where they are
 */
export function areasOf(settings: DeepReadonly<RedactionSettings>, prediction: unknown): Areas {
  const { polygons, classes, margin } = settings;
  if (classes.length === 0) return { polygons, boxes: [] };
  const hidden = detectionsIn(prediction).filter((outcome) => isMeant(outcome, settings));
  return { polygons, boxes: hidden.map((outcome) => grown(boxOf(outcome), margin)) };
}

const EVERY_CLASS = '*';

function detectionsIn(prediction: unknown): readonly Outcome[] {
  try {
    const read = readPrediction(prediction);
    if (read.kind === 'detections') return read.outcomes;
  } catch (thrown) {
    throw unknownBoxes(messageOf(thrown));
  }
  throw unknownBoxes('it has classes for the whole image');
}

function isMeant({ label, classId, score }: Outcome, settings: DeepReadonly<RedactionSettings>): boolean {
  const { classes, 'min-score': minScore } = settings;
  if (score < minScore) return false;
  return classes.some((name) => name === EVERY_CLASS || name === label || name === String(classId));
}

function boxOf({ box, classId }: Outcome): Box {
  if (box) return box;
  throw unknownBoxes(`a detection of class ${classId} has no box`);
}

function grown([x0, y0, x1, y1]: Box, margin: number): Box {
  const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
  const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
  const [dx, dy] = [(right - left) * margin, (bottom - top) * margin];
  return [left - dx, top - dy, right + dx, bottom + dy];
}

function unknownBoxes(why: string) {
  return uploaderErrors.error('redaction.boxes-unknown', `the prediction does not say what to hide: ${why}`);
}
