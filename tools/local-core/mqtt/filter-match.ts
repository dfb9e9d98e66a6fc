/** Whether a topic matches a filter as MQTT 3.1.1, section 4.7, has it: `a/#` matches `a`; wildcards leave `$` topics out. */
export function filterMatches(filter: string, topic: string): boolean {
  const levels = subscribedPart(filter);
  if (topic.startsWith('$') && (levels[0] === '+' || levels[0] === '#')) return false;
  return covers(levels, topic.split('/'));
}

/** Whether everything that matches `narrow` matches `wide`, so that one subscription at the broker serves both. */
export function filterCovers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  // A shared subscription gets a share of the messages only, and covers nothing.
  if (wide.startsWith('$share/') || narrow.startsWith('$share/')) return false;
  if (narrow.startsWith('$') && (wide.startsWith('+') || wide.startsWith('#'))) return false;
  return covers(wide.split('/'), narrow.split('/'));
}

function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  for (const [at, level] of wide.entries()) {
    if (level === '#') return true;
    const other = narrow[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return wide.length === narrow.length;
}

function subscribedPart(filter: string): string[] {
  const levels = filter.split('/');
  return levels[0] === '$share' ? levels.slice(2) : levels;
}
