import type { Direction } from '../sketch/direction.ts';

/**
 * The mean of 1 less the cosine between the mean direction of a sample and the true one, (1 - ρ²) / 2mρ² at most: across the true direction, a
 * vector varies by 1 - ρ² at most, and the mean of m by an m-th of that. ρ is the mean resultant length, freed of its bias: the square of that of
 * m vectors is (1 - ρ²) / m too large. For a small spread 1 - ρ the result is about the spread over m. Half the square of the spherical standard
 * error of Fisher, Lewis and Embleton, Statistical Analysis of Spherical Data (1987), with that bound for their d.
 *
 * @param worth independent vectors that the sample is worth
 * @returns Infinity if nothing is known of the direction
 */
export function wander({ coherence }: Direction, worth: number): number {
  const squared = (worth * coherence ** 2 - 1) / (worth - 1);
  return worth > 1 && squared > 0 ? (1 - squared) / (2 * worth * squared) : Infinity;
}

/**
 * How many times farther a mean direction wanders at most by chance than it does on average, in 999,999 of a million samples. The distance is a
 * weighted sum of squares of normal numbers. Its tail is longest if all weight lies on one of them: χ² of one degree of freedom.
 * Source: Székely and Bakirov, Extremal probabilities for Gaussian quadratic forms, Probab. Theory Relat. Fields 126 (2003).
 */
export const WANDERS_AT_MOST = 23.93;

/**
 * As `clusterEffect`, for vectors: the variance of the means of parts over what it were if vectors were independent, 1 or more.
 * Source: Kish, Survey Sampling (1965), 8.2: the design effect.
 *
 * @param parts none of them empty
 */
export function vectorClusterEffect(whole: Direction, parts: readonly Direction[]): number {
  const squares = ({ count, coherence }: Direction): number => count * coherence ** 2;
  const between = parts.reduce((sum, part) => sum + squares(part), 0) - squares(whole);
  const variance = 1 - whole.coherence ** 2;
  return parts.length > 1 && variance > 0 ? Math.max(1, between / ((parts.length - 1) * variance)) : 1;
}
