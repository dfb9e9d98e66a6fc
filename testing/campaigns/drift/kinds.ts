import type { DriftCause, DriftReason } from '#packages/drift';
import type { Change } from './scene.ts';

/** A way in which streams change, and what is to be said of it. */
export interface Kind {
  readonly name: string;
  /** @param days since the change began, 0 and more */
  readonly change: (days: number) => Change;
  readonly cause: DriftCause;
  /** Reasons that are right. */
  readonly reasons: readonly DriftReason[];
  /** Days that the stream goes on after the change. */
  readonly days: number;
}

const kind = (
  name: string,
  cause: DriftCause,
  reasons: readonly DriftReason[],
  change: Kind['change'] | Change,
  days = 8,
): Kind => ({ name, cause, reasons, days, change: typeof change === 'function' ? change : () => change });

export const KINDS: readonly Kind[] = [
  kind('dark: a tenth of the light', 'camera', ['dark'], { light: 0.1 }),
  kind('dim: two thirds of the light', 'camera', ['dark'], { light: 0.67 }, 30),
  kind('bright: half as much light again', 'camera', ['bright'], { light: 1.5 }, 30),
  kind('covered: a tenth of the contrast', 'camera', ['blocked'], { contrast: 0.1 }),
  kind('out of focus: a quarter of the detail', 'camera', ['blurred'], { blur: 2 }),
  kind('a little out of focus: two thirds of the detail', 'camera', ['blurred'], { blur: 0.6 }, 30),
  kind('another view', 'camera', ['moved'], { moved: 1 }),
  kind('a new class: a fifth of the objects', 'world', ['classes', 'scores'], { newClass: 0.2 }),
  kind('scores lower by 0.1', 'world', ['scores'], { scores: -0.1 }),
  kind('twice as many objects', 'world', ['objects'], { objects: 2 }),
  kind('objects of twice the area', 'world', ['size'], { size: 1 }),
  kind('slow: 1 % of the light a day', 'camera', ['dark'], (days) => ({ light: 0.99 ** days }), 40),
];

/** Of the vectors of models of the task `embedding`. */
export const VECTOR_KINDS: readonly Kind[] = [
  kind('all pictures are of a new kind', 'world', ['embedding'], { newKind: 1 }),
  kind('vectors moved by their deviation', 'world', ['embedding'], { shift: 1 }),
];
