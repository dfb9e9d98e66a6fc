import { numberSetting } from '#packages/foundation';

/**
 * Differences below this are equality: 0.4 − 0.3 is a little over 0.1 in binary, and a person who writes
 * `threshold: 0.1` means equality.
 */
const EQUAL_WITHIN = 1e-9;

export function atMost(value: number, threshold: number): boolean {
  return value <= threshold + EQUAL_WITHIN;
}

export function above(value: number, threshold: number): boolean {
  return value > threshold + EQUAL_WITHIN;
}

/** Parameter of the strategies that compare with a probability. */
export const probabilityThreshold = numberSetting({ min: 0, max: 1 }).describe(
  'LEAST_CONFIDENCE, MARGIN: keep at or below this.',
);

/** For the reasons in verdicts. */
export function digits(value: number): string {
  return String(Number(value.toPrecision(6)));
}
