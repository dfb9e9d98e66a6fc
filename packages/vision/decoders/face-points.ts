import type { KeyPoint, Prediction } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext } from './decoder.ts';
import { clip, toDetections } from './detections.ts';
import type { NmsOptions } from './nms.ts';
import type { Numbers } from './outputs.ts';

/** Points of a face. */
const POINTS = 5;

/** A cell of a grid, and its sides as fractions of the model's input. */
interface Cell {
  readonly column: number;
  readonly row: number;
  readonly toX: number;
  readonly toY: number;
}

/** Faces while they are collected: boxes and five points each. */
export class FaceCandidates {
  readonly #candidates = new Candidates();
  #points: number[] = [];

  clear(): void {
    this.#candidates.clear();
    this.#points = [];
  }

  /**
   * @param box left, top, right and bottom as fractions of the model's input
   * @param offsets of points from the corner of the cell, in cells; those of this face are the ten numbers of `row`
   */
  add(
    [x0, y0, x1, y1]: readonly [number, number, number, number],
    score: number,
    cell: Cell,
    offsets: Numbers,
    row: number,
  ): void {
    this.#candidates.add(x0, y0, x1, y1, score, 0, this.#points.length);
    for (let at = 2 * POINTS * row; at < 2 * POINTS * (row + 1); at += 2)
      this.#points.push(
        (cell.column + (offsets[at] as number)) * cell.toX,
        (cell.row + (offsets[at + 1] as number)) * cell.toY,
      );
  }

  /** Faces with a point that is not a number are left out. */
  detections(options: NmsOptions, placement: Placement, context: DecoderContext): readonly Prediction[] {
    const { places } = this.#candidates;
    return toDetections(this.#candidates, options, placement, context, {
      more: (index) => pointsAt(this.#points, places[index] as number, placement),
    });
  }
}

/** The five points that begin at `at`, from fractions of the model's input to the picture; undefined if one is not a number. */
function pointsAt(points: readonly number[], at: number, placement: Placement): Partial<Prediction> | undefined {
  const keypoints = Array.from({ length: POINTS }, (_, point): KeyPoint => [
    clip((points[at + 2 * point] as number) * placement.scaleX + placement.offsetX),
    clip((points[at + 2 * point + 1] as number) * placement.scaleY + placement.offsetY),
  ]);
  return keypoints.flat().every(Number.isFinite) ? { keypoints } : undefined;
}
