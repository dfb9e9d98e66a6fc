/**
 * Topic filters of local publish/subscribe as the Java nucleus matches them (`SubscriptionTrie`):
 * `+` stands for one level, `#` as last level for one or more further levels (so `a/#` does not match `a`),
 * empty levels at the end do not count, `$` topics are not special.
 */
export interface TopicFilter {
  readonly text: string;
  /** Whether the filter has a wildcard; decides the default receive mode. */
  readonly wildcard: boolean;
  matches(topic: string): boolean;
}

export function topicFilter(text: string): TopicFilter {
  const levels = splitLevels(text);
  const wildcard = levels.some((level, at) => level === '+' || (level === '#' && at === levels.length - 1));
  if (!wildcard && !levels.includes('#')) {
    const exact = levels.join('/');
    return { text, wildcard, matches: (topic) => topic === text || splitLevels(topic).join('/') === exact };
  }
  return { text, wildcard, matches: (topic) => levelsMatch(levels, splitLevels(topic)) };
}

function levelsMatch(filter: readonly string[], topic: readonly string[]): boolean {
  for (const [at, level] of filter.entries()) {
    if (level === '#' && at === filter.length - 1) return topic.length > at;
    // A `#` that is not last takes exactly one level, as `+` does.
    if (topic[at] === undefined || (level !== '+' && level !== '#' && level !== topic[at])) return false;
  }
  return topic.length === filter.length;
}

function splitLevels(topic: string): string[] {
  const levels = topic.split('/');
  while (levels.length > 1 && levels[levels.length - 1] === '') levels.pop();
  return levels;
}
