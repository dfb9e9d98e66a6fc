/** A part of the baseline that a group holds at least, as with the usual deciles. */
const SHARE = 0.1;
/** Bins beyond what the baseline has seen that still count as seen: a picture that is hardly brighter is not news. */
const MARGIN_BINS = 3;

/**
 * Bins joined into about ten groups that hold a tenth of the baseline each, and one on each side for what lies beyond it. Fixed bins
 * would hold almost nothing here and almost all there, and the distance would be noise.
 *
 * @returns the group of each bin; undefined if the baseline is empty
 */
export function binGroups(baseline: Float64Array): Uint8Array | undefined {
  const total = baseline.reduce((sum, times) => sum + times, 0);
  const first = baseline.findIndex((times) => times > 0);
  if (total === 0) return undefined;
  const last = baseline.findLastIndex((times) => times > 0);
  const groups = new Uint8Array(baseline.length);
  const [from, to] = [first - MARGIN_BINS, last + MARGIN_BINS];
  let group = from > 0 ? 1 : 0;
  let held = 0;
  let left = total;
  for (let bin = Math.max(0, from); bin < baseline.length; bin++) {
    if (bin > to) {
      groups[bin] = group + 1;
      continue;
    }
    const times = baseline[bin] as number;
    // The rest must make a whole group, too.
    if (held >= SHARE * total && left >= SHARE * total) {
      group++;
      held = 0;
    }
    groups[bin] = group;
    held += times;
    left -= times;
  }
  return groups;
}

/** Counts by group. */
export function grouped(counts: Float64Array, groups: Uint8Array): Float64Array {
  const sums = new Float64Array(Math.max(...groups) + 1);
  counts.forEach((times, bin) => {
    const group = groups[bin] as number;
    sums[group] = (sums[group] as number) + times;
  });
  return sums;
}
