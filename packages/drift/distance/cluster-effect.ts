/**
 * How much more parts of a sample differ from each other than chance would have it: pictures of one hour are alike, so that a thousand
 * of them tell no more than a few. 1 if they do not; the sample is worth its size divided by this. Pearson's statistic of the parts over
 * its degrees of freedom. Source: Rao and Scott, On chi-squared tests for multiway contingency tables with cell proportions estimated
 * from survey data, Ann. Statist. 12 (1984): the mean design effect.
 */
export function clusterEffect(parts: readonly Float64Array[]): number {
  const filled = parts.filter((part) => sumOf(part) > 0);
  const [first] = filled;
  if (!first || filled.length < 2) return 1;
  const totals = first.map((_, group) => filled.reduce((sum, part) => sum + (part[group] as number), 0));
  const all = sumOf(totals);
  const groups = totals.filter((times) => times > 0).length;
  if (groups < 2) return 1;
  const statistic = filled.reduce((sum, part) => {
    const size = sumOf(part);
    return part.reduce((more, times, group) => {
      const expected = ((totals[group] as number) * size) / all;
      return expected > 0 ? more + (times - expected) ** 2 / expected : more;
    }, sum);
  }, 0);
  return Math.max(1, statistic / ((filled.length - 1) * (groups - 1)));
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, times) => sum + times, 0);
}
