import type { Histogram } from '../sketch/histogram.ts';

/** Of the baseline, on each side, that the range leaves out. */
const TAIL = 0.005;
/** Bins that the range reaches beyond what was seen at least, and as a part of its width: the year has worse days than a reference set. */
const MARGIN_BINS = 3;
const MARGIN = 0.25;
/** Over the number of pictures: the part of its width by which it is wider still. */
const MARGIN_OF_FEW = 5;

/** First and last bin of what is usual. */
export interface UsualRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Bins between which nearly all of the baseline lies, wider if it saw few pictures: with n of them, the part of the world
 * beyond the extremes is below 5/n with 99 % confidence. Source: Wilks, Determination of sample sizes for setting tolerance
 * limits, Ann. Math. Stat. 12 (1941).
 */
export function usualRange({ counts, total }: Histogram): UsualRange | undefined {
  if (total === 0) return undefined;
  const [low, high] = [binAt(counts, TAIL * total), binAt(counts, (1 - TAIL) * total)];
  const width = high - low + 1;
  const margin = Math.max(MARGIN_BINS, Math.ceil(width * MARGIN)) + Math.ceil(width * (MARGIN_OF_FEW / total));
  // Half way to the end of the scale is unusual in any case: a camera that sees nights is not to be blind to a cap.
  const last = counts.length - 1;
  return {
    first: Math.max(low - margin, Math.ceil(low / 2)),
    last: Math.min(high + margin, high + Math.floor((last - high) / 2)),
  };
}

/** Shares of the values below and above the range. */
export function sharesBeyond(
  { counts, total }: Histogram,
  { first, last }: UsualRange,
): { readonly below: number; readonly above: number } {
  let [below, above] = [0, 0];
  counts.forEach((times, bin) => {
    if (bin < first) below += times;
    if (bin > last) above += times;
  });
  return { below: below / Math.max(1, total), above: above / Math.max(1, total) };
}

function binAt(counts: Float64Array, rank: number): number {
  let sum = 0;
  return Math.max(
    0,
    counts.findIndex((times) => (sum += times) > 0 && sum >= rank),
  );
}
