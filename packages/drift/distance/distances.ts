/** Added to each count, so that what was never seen has a small share and no logarithm is infinite: Jeffreys' prior of a multinomial. */
const PRIOR = 0.5;

/**
 * Population stability index, Σ (q - p) ln(q / p): 0 for equal shares; by custom below 0.1 nothing has changed, above 0.25 much has.
 * Sources: the divergence J of Jeffreys (Proc. R. Soc. A 186, 1946); the limits are those of Siddiqi, Credit Risk Scorecards (2006).
 */
export function stabilityIndex(baseline: Float64Array, window: Float64Array): number {
  const [p, q] = [sharesOf(baseline), sharesOf(window)];
  return q.reduce((sum, share, at) => sum + (share - shareAt(p, at)) * Math.log(share / shareAt(p, at)), 0);
}

/**
 * Jensen-Shannon divergence in bits: 0 for equal shares, 1 if they have nothing in common. For classes, many of which are rare: it stays
 * bounded. Source: Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37 (1991), eq. 3.7.
 */
export function jensenShannon(baseline: Float64Array, window: Float64Array): number {
  const [p, q] = [sharesOf(baseline), sharesOf(window)];
  return p.reduce((sum, share, at) => {
    const other = shareAt(q, at);
    const middle = (share + other) / 2;
    return sum + (share * Math.log2(share / middle) + other * Math.log2(other / middle)) / 2;
  }, 0);
}

/**
 * The index's expectation by chance alone, if both samples are of one distribution: `index × n m / (n + m)` follows a χ² distribution with one
 * degree of freedom less than there are groups. Source: Yurdakul and Naranjo, Statistical properties of the population stability
 * index, J. Risk Model Validation 14 (2020). The divergence in bits is 8 ln 2 times smaller to second order.
 *
 * @param groups number of groups
 * @returns the value that 999,999 of a million draws stay below
 */
export function chanceOfIndex(groups: number, baselineSize: number, windowSize: number): number {
  if (baselineSize === 0 || windowSize === 0) return Infinity;
  return chiSquareQuantile(Math.max(1, groups - 1)) * (1 / baselineSize + 1 / windowSize);
}

/** As `chanceOfIndex`, for the divergence. */
export function chanceOfDivergence(groups: number, baselineSize: number, windowSize: number): number {
  return chanceOfIndex(groups, baselineSize, windowSize) / (8 * Math.LN2);
}

/** The standard normal quantile of 1 - 1e-6. */
const NORMAL_QUANTILE = 4.753;

/** Source: Wilson and Hilferty, The distribution of chi-square, PNAS 17 (1931). */
function chiSquareQuantile(degrees: number): number {
  const width = 2 / (9 * degrees);
  return degrees * (1 - width + NORMAL_QUANTILE * Math.sqrt(width)) ** 3;
}

function sharesOf(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, times) => sum + times + PRIOR, 0);
  return counts.map((times) => (times + PRIOR) / total);
}

function shareAt(shares: Float64Array, at: number): number {
  return shares[at] as number;
}
