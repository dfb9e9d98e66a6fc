import type { PlainFeature } from '../sketch/features.ts';

/** A changed feature, and the size of the change. */
export interface Finding {
  /** `scores:<n>` and `classes` are about classes, `layout` about where what lies in the picture, `embedding` about the mean vector. */
  readonly feature: PlainFeature | 'layout' | 'embedding' | 'scores' | 'classes' | `scores:${number}`;
  /**
   * `psi`, `jensen-shannon`: distance between the window and the baseline. `beyond`: share of the pictures beyond what the baseline has
   * seen. `unlike`: 1 less the cosine between layouts or mean vectors. `cusum`: sum of a slow trend over its limit.
   */
  readonly measure: 'psi' | 'jensen-shannon' | 'beyond' | 'unlike' | 'cusum';
  readonly value: number;
  readonly threshold: number;
  readonly direction?: 'lower' | 'higher';
}

/** Over its threshold: 1 and more is drift. */
export function ratioOf({ value, threshold }: Finding): number {
  return value / threshold;
}
