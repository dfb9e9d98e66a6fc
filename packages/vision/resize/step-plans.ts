import type { PictureStep } from '#packages/model-package';

import { placementOf } from './geometry.ts';
import type { Geometry, Placement, Size } from './geometry.ts';
import { planSteps } from './plan-steps.ts';

/** How an image of one size comes into the tensor. */
export interface StepPlan {
  /** Over pictures, before the last. */
  readonly passes: readonly Geometry[];
  /** Into the tensor. */
  readonly last: Geometry;
  readonly placement: Placement;
}

/** A camera's images are all of one size, and few sources share a model. */
const KEPT_PLANS = 4;

/** Plans for the sizes of images, newest first. */
export class StepPlans {
  readonly #steps: readonly PictureStep[];
  readonly #maxPixels: number;
  #plans: readonly { readonly size: Size; readonly plan: StepPlan }[] = [];

  constructor(steps: readonly PictureStep[], maxPixels: number) {
    this.#steps = steps;
    this.#maxPixels = maxPixels;
  }

  /** The same object for the same size again, soon after. @throws EdgeError `image.too-large` */
  for({ width, height }: Size): StepPlan {
    const known = this.#plans.find(({ size }) => size.width === width && size.height === height);
    if (known) return known.plan;
    const all = planSteps({ width, height }, this.#steps, this.#maxPixels);
    const plan = { passes: all.slice(0, -1), last: all.at(-1) as Geometry, placement: placementOf(all) };
    this.#plans = [{ size: { width, height }, plan }, ...this.#plans.slice(0, KEPT_PLANS - 1)];
    return plan;
  }
}
