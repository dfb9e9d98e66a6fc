import { vectorClusterEffect, wander, WANDERS_AT_MOST } from '../distance/wander.ts';
import type { Sketch } from '../sketch/sketch.ts';

/** Fewer vectors say too little of their own spread. */
const LEAST_VECTORS = 25;
/** Part of the baseline's spread below which nothing matters: all vectors move by less than six tenths of their deviation, whose square this is. */
const LEAST_OF_SPREAD = 0.35;
/** The same while nobody knows how far the mean wanders from one window to the next. */
const LEAST_AT_FIRST = 1;
/** Times the distance of successive windows that is still habit: 4.5 times as an angle, with the square of which the distance grows. */
const HABIT = 20;
/** A scene that never changes has hardly any spread. */
const LEAST_DISTANCE = 0.001;

/** 1 less the cosine between the mean directions of vectors; undefined if one of the sketches has too few. */
export function embeddingDistance({ embedding: one }: Sketch, { embedding: other }: Sketch): number | undefined {
  if (!one || !other || one.dimensions !== other.dimensions) return undefined;
  return Math.min(one.count, other.count) < LEAST_VECTORS ? undefined : Math.max(0, 1 - one.cosine(other));
}

/**
 * The distance from which a window differs from the baseline: more than chance does, and more than a part of the baseline's spread.
 * @param panes the parts of the window
 * @param habit distance of successive windows, 0 if nobody knows yet
 * @returns Infinity if nothing is known of one of the directions
 */
export function embeddingThreshold(
  { embedding: baseline }: Sketch,
  { embedding: window }: Sketch,
  panes: readonly Sketch[],
  habit: number,
): number {
  if (!baseline || !window) return Infinity;
  const clusters = vectorClusterEffect(
    window,
    panes.flatMap(({ embedding }) => embedding ?? []),
  );
  const chance = wander(baseline, baseline.count) + wander(window, window.count / clusters);
  const least = (habit === 0 ? LEAST_AT_FIRST : LEAST_OF_SPREAD) * (1 - baseline.coherence);
  return Math.max(LEAST_DISTANCE, least, WANDERS_AT_MOST * chance, HABIT * habit);
}
